import type { HeapSnapshot } from "./heap-snapshot.ts";
import { shortened } from "./retaining-path.ts";

/** Several strings of one text. */
export interface DuplicatedString {
  readonly text: string;
  readonly count: number;
  /** Bytes that one of them would do without. */
  readonly wastedBytes: number;
}

/**
 * Strings are compared by the text in the file, of which V8 writes the first 1,024 characters, and by their size.
 * @returns by wasted bytes, descending
 */
export function duplicatedStrings(snapshot: HeapSnapshot): DuplicatedString[] {
  const { nodeCount, nodeNames, nodeTypes, selfSizes, header, strings } = snapshot.graph;
  const string = header.nodes.typeNames.indexOf("string");
  const counts = new Map<number, { readonly name: number; readonly bytes: number; count: number }>();
  for (let node = 0; node < nodeCount; node++) {
    if (nodeTypes[node] !== string || !snapshot.isReachable(node)) continue;
    const name = nodeNames[node] as number;
    const bytes = selfSizes[node] as number;
    const key = name * 2 ** 21 + Math.min(bytes, 2 ** 21 - 1);
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { name, bytes, count: 1 });
    else known.count++;
  }
  return Array.from(counts.values())
    .filter(({ count }) => count > 1)
    .map(({ name, bytes, count }) => ({
      text: shortened(strings.at(name)),
      count,
      wastedBytes: (count - 1) * bytes,
    }))
    .sort((a, b) => b.wastedBytes - a.wastedBytes);
}
