import { CallTree } from "./call-tree.ts";
import { type CodePlace, ownerOf, placeOf } from "./code-place.ts";
import { idleName } from "./hot-functions.ts";
import type { ThreadSegment } from "./recorded-thread.ts";

/** A time during which the event loop didn't turn. */
export interface LoopBlock {
  readonly durationMs: number;
  /** The innermost function of the program that ran for at least half of it; else of a package, else none. */
  readonly place: CodePlace | undefined;
  /** Milliseconds of the block for which that function ran. */
  readonly placeMs: number;
}

/**
 * Finds what ran while the event loop was blocked. A block without samples, or mostly idle ones, was no work of this
 * thread: the machine was busy, or asleep; it is left out.
 * @param segment with its blocks in the order of time
 */
export function loopBlocks({ cpu, blocks }: ThreadSegment): LoopBlock[] {
  const whole = new CallTree();
  let next = 0;
  const perBlock: Map<number, number>[] = blocks.map(() => new Map());
  whole.add(cpu, (node, startUs, durationUs) => {
    const middle = startUs + durationUs / 2;
    while (next < blocks.length && endOf(blocks[next]) < middle) next++;
    const block = blocks[next];
    const counts = perBlock[next];
    if (block === undefined || counts === undefined || middle < block[0]) return;
    counts.set(node, (counts.get(node) ?? 0) + durationUs);
  });
  return perBlock.flatMap((selfUs, i) => describe(whole, selfUs, blocks[i]?.[1] ?? 0));
}

const endOf = (block: readonly [number, number] | undefined): number =>
  block === undefined ? 0 : block[0] + block[1];

function describe(tree: CallTree, selfUs: ReadonlyMap<number, number>, durationUs: number): LoopBlock[] {
  const totals = new Map<number, number>();
  let busyUs = 0;
  for (const [node, us] of selfUs) {
    if (tree.frameOf(node).functionName === idleName) continue;
    busyUs += us;
    const seen = new Set<number>();
    for (let at = node; at > 0; at = tree.parentOf[at] ?? 0) {
      const fn = tree.functionOf[at] ?? 0;
      if (!seen.has(fn)) totals.set(fn, (totals.get(fn) ?? 0) + us);
      seen.add(fn);
    }
  }
  if (busyUs < durationUs / 2) return [];
  const [fn, us] = responsible(tree, totals, durationUs) ?? [];
  const frame = fn === undefined ? undefined : tree.frames[fn];
  return [
    {
      durationMs: durationUs / 1000,
      place: frame === undefined ? undefined : placeOf(frame),
      placeMs: (us ?? 0) / 1000,
    },
  ];
}

/** Of the functions that ran for at least half of the block, the one that ran least is the innermost. */
function responsible(
  tree: CallTree,
  totals: ReadonlyMap<number, number>,
  durationUs: number,
): readonly [fn: number, us: number] | undefined {
  const long = Array.from(totals)
    .filter(([, us]) => us >= durationUs / 2)
    .sort((a, b) => a[1] - b[1]);
  const owned = (owner: string) => long.find(([fn]) => ownerOf(tree.frames[fn]?.url ?? "") === owner);
  return owned("program") ?? owned("package");
}
