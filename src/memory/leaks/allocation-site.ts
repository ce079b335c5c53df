import { fileURLToPath } from "node:url";

/** A function in which something is allocated. */
export interface AllocationSite {
  /** `(anonymous)` for one without a name. */
  readonly functionName: string;
  /** As V8 knows the file: a `file:` URL for a module, a path for CommonJS, `node:…` for Node's own; empty for built-ins. */
  readonly url: string;
  /** Where the function begins, from 1: V8's heap profile doesn't know the line within it. */
  readonly line: number;
  readonly column: number;
}

/** The part of a sampling heap profile that is looked at. @see https://chromedevtools.github.io/devtools-protocol/v8/HeapProfiler/#type-SamplingHeapProfile */
export interface HeapProfile {
  readonly head: HeapProfileNode;
}

export interface HeapProfileNode {
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    /** From 0. */
    readonly lineNumber: number;
    readonly columnNumber: number;
  };
  /** Live bytes that were allocated here, scaled up from the samples by V8. */
  readonly selfSize: number;
  readonly children: readonly HeapProfileNode[];
}

/** What one site has alive. */
export interface LiveSite {
  readonly site: AllocationSite;
  bytes: number;
  /** The stack that most of it was allocated by, innermost first. */
  stack: readonly AllocationSite[];
  /** Of that stack. */
  stackBytes: number;
}

/** The folder of the detector, whose own objects are nobody's leak. */
const ownFolder = new URL(".", import.meta.url).href;
const ownFolders = [ownFolder, fileURLToPath(ownFolder)];

/** @returns what is alive by the function that allocated it, under a text that is the same in every profile */
export function liveBySite({ head }: HeapProfile): Map<string, LiveSite> {
  const sites = new Map<string, LiveSite>();
  const visit = (node: HeapProfileNode, outer: readonly AllocationSite[]): void => {
    const stack = node === head ? outer : [siteOf(node), ...outer];
    if (node.selfSize > 0) count(sites, stack, node.selfSize);
    for (const child of node.children) visit(child, stack);
  };
  visit(head, []);
  return sites;
}

function count(sites: Map<string, LiveSite>, stack: readonly AllocationSite[], bytes: number): void {
  const site = ownersSite(stack);
  if (site === undefined || ownFolders.some((folder) => site.url.startsWith(folder))) return;
  const key = siteText(site);
  const live = sites.get(key) ?? { site, bytes: 0, stack, stackBytes: 0 };
  live.bytes += bytes;
  if (bytes > live.stackBytes) Object.assign(live, { stack, stackBytes: bytes });
  sites.set(key, live);
}

/** The innermost function that is neither Node's nor V8's own, or else the innermost of all. */
function ownersSite(stack: readonly AllocationSite[]): AllocationSite | undefined {
  return stack.find(({ url }) => url !== "" && !url.startsWith("node:")) ?? stack[0];
}

function siteOf({
  callFrame: { functionName, url, lineNumber, columnNumber },
}: HeapProfileNode): AllocationSite {
  return {
    functionName: functionName || "(anonymous)",
    url,
    line: Math.max(1, lineNumber + 1),
    column: Math.max(1, columnNumber + 1),
  };
}

/** `MemoryStore.set (file:///app/store.js:12:8)` */
export function siteText({ functionName, url, line, column }: AllocationSite): string {
  return url === "" ? functionName : `${functionName} (${url}:${line}:${column})`;
}
