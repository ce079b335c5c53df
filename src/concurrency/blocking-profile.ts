/** The part of a CPU profile that is looked at. @see https://chromedevtools.github.io/devtools-protocol/v8/Profiler/#type-Profile */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  /** Microseconds of the monotonic clock. */
  readonly startTime: number;
  /** Ids of nodes, one for each sample. */
  readonly samples?: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas?: readonly number[];
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    /** From 0. */
    readonly lineNumber: number;
    readonly columnNumber: number;
  };
  readonly children?: readonly number[];
}

/** What V8 calls the time outside of any function. */
const noFunctionNames = new Set(["(root)", "(idle)", "(program)", "(garbage collector)"]);

/** A function, and where it begins. */
export interface BlockingFrame {
  /** `(anonymous)` for one without a name. */
  readonly functionName: string;
  /** As V8 knows the file: a `file:` URL for a module, a path for CommonJS, `node:…` for Node's own; empty for built-ins. */
  readonly url: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

/**
 * Finds the function that kept the thread: from the bottom of the stack upwards, each time to the callee that more than half of all
 * samples were in, until there is none. So a function is named that calls many others in turn, and not one of the others.
 * @param untilUs samples taken later, in microseconds of the monotonic clock, are left out
 * @returns the stack, innermost first; empty when no sample saw JavaScript
 */
export function blockingStack(profile: CpuProfile, untilUs: number): readonly BlockingFrame[] {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const root = profile.nodes[0];
  if (root === undefined) return [];
  const noFunctions = new Set(
    profile.nodes.filter(({ callFrame }) => noFunctionNames.has(callFrame.functionName)).map(({ id }) => id),
  );
  const hits = new Map<number, number>();
  let [at, all] = [profile.startTime, 0];
  for (const [i, id] of (profile.samples ?? []).entries()) {
    at += profile.timeDeltas?.[i] ?? 0;
    // The first is the stack as it was when sampling began, so it counts whatever its time.
    if ((i > 0 && at > untilUs) || noFunctions.has(id)) continue;
    hits.set(id, (hits.get(id) ?? 0) + 1);
    all++;
  }
  const total = (node: ProfileNode): number =>
    (node.children ?? []).reduce((sum, id) => sum + total(nodes.get(id)!), hits.get(node.id) ?? 0);
  const stack: BlockingFrame[] = [];
  for (let node: ProfileNode | undefined = root; node !== undefined && all > 0; ) {
    node = node.children?.map((id) => nodes.get(id)!).find((child) => total(child) * 2 > all);
    if (node !== undefined) stack.unshift(frameOf(node));
  }
  return stack;
}

/** The one to name: the innermost that isn't Node's or V8's own. */
export function blockingFunction(stack: readonly BlockingFrame[]): BlockingFrame | undefined {
  return stack.find(({ url }) => url !== "" && !url.startsWith("node:"));
}

function frameOf({ callFrame: { functionName, url, lineNumber, columnNumber } }: ProfileNode): BlockingFrame {
  return {
    functionName: functionName || "(anonymous)",
    url,
    line: Math.max(1, lineNumber + 1),
    column: Math.max(1, columnNumber + 1),
  };
}

/** The same for people. V8 doesn't show a loop that it had optimised while it ran, only who called it. */
export function describeBlocking(stack: readonly BlockingFrame[]): string {
  const frame = blockingFunction(stack);
  if (frame !== undefined) return text(frame);
  const caller = stack[0];
  if (caller === undefined) return "no JavaScript: a native call, or the garbage collector";
  return `an optimised loop that can't be seen, or Node's own code, under ${text(caller)}`;
}

function text({ functionName, url, line, column }: BlockingFrame): string {
  return url === "" ? functionName : `${functionName} (${url}:${line}:${column})`;
}
