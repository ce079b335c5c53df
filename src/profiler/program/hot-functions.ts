import type { CallTree } from "./call-tree.ts";
import { type CodePlace, placeOf } from "./code-place.ts";

/** A function's time on the processor. */
export interface HotFunction {
  readonly place: CodePlace;
  /** Milliseconds in it alone. */
  readonly selfMs: number;
  /** With what it called; a recursive function's time counts once. */
  readonly totalMs: number;
  /** The line of it where most of its own time went, from 1; 0 where V8 doesn't say. */
  readonly hotLine: number;
  /** Milliseconds of its own on that line. */
  readonly hotLineMs: number;
}

/** Time that isn't code. */
export const idleName = "(idle)";
const notCode = new Set(["(root)", idleName]);

/** All functions that were seen, the hottest by their own time first. Places are those of the code that ran. */
export function hotFunctions(tree: CallTree): HotFunction[] {
  const self = new Float64Array(tree.frames.length);
  const total = new Float64Array(tree.frames.length);
  const totals = tree.totalsUs();
  const inRecursion = recursive(tree);
  for (let node = 0; node < totals.length; node++) {
    const fn = tree.functionOf[node] ?? 0;
    self[fn] = (self[fn] ?? 0) + (tree.selfUs[node] ?? 0);
    if (!inRecursion[node]) total[fn] = (total[fn] ?? 0) + (totals[node] ?? 0);
  }
  return tree.frames
    .map((frame, fn) => {
      const [hotLine, hotLineUs] = hottest(tree.linesUs[fn] ?? new Map());
      return {
        place: placeOf(frame),
        selfMs: (self[fn] ?? 0) / 1000,
        totalMs: (total[fn] ?? 0) / 1000,
        hotLine,
        hotLineMs: hotLineUs / 1000,
      };
    })
    .filter(({ place, totalMs }) => totalMs > 0 && !(place.file === "" && notCode.has(place.name)))
    .sort((a, b) => b.selfMs - a.selfMs || b.totalMs - a.totalMs);
}

/** For each node: whether a node above it is of the same function. By one walk, with what is on the way counted. */
function recursive(tree: CallTree): boolean[] {
  const children: number[][] = tree.parentOf.map(() => []);
  for (let node = 1; node < tree.parentOf.length; node++) children[tree.parentOf[node] ?? 0]?.push(node);
  const onWay = new Map<number, number>();
  const result: boolean[] = [];
  const stack = [0];
  while (stack.length > 0) {
    const next = stack.pop() ?? 0;
    const entered = next >= 0;
    const node = entered ? next : ~next;
    const fn = tree.functionOf[node] ?? 0;
    const depth = onWay.get(fn) ?? 0;
    onWay.set(fn, depth + (entered ? 1 : -1));
    if (!entered) continue;
    result[node] = depth > 0;
    stack.push(~node, ...(children[node] ?? []));
  }
  return result;
}

function hottest(lines: ReadonlyMap<number, number>): [line: number, us: number] {
  let best: [number, number] = [0, 0];
  for (const entry of lines) if (entry[1] > best[1]) best = entry;
  return best;
}
