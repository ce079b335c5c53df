import type { CallTree } from "./call-tree.ts";
import { type CodePlace, placeOf } from "./code-place.ts";

/** A call tree to draw: idle time and what is too small to see are left out. */
export interface FlameTree {
  readonly functions: readonly CodePlace[];
  /** A parent before its children; the first is the root, with −1 as its parent. */
  readonly nodes: readonly (readonly [functionIndex: number, parent: number, totalUs: number])[];
  /** Microseconds of what was left out. */
  readonly omittedUs: number;
}

/** As many as a browser draws at once without being slow. */
const maxNodes = 20_000;
/** Of the whole; a frame of less is narrower than a pixel until one zooms in a lot. */
const leastShare = 0.0002;

/** @param locate where a place stands in its source */
export function flameTree(tree: CallTree, locate: (place: CodePlace) => CodePlace): FlameTree {
  const totals = tree.totalsUs();
  const isIdle = (node: number): boolean =>
    tree.parentOf[node] === 0 && tree.frameOf(node).functionName === "(idle)";
  const idleUs = totals.reduce((sum, us, node) => sum + (isIdle(node) ? us : 0), 0);
  const whole = (totals[0] ?? 0) - idleUs;
  const leastUs = Math.max(1, leastShare * whole, nthLargest(totals, maxNodes));
  const indexOf = new Map<number, number>();
  const functions: CodePlace[] = [];
  const functionIndex = new Map<number, number>();
  const nodes: [number, number, number][] = [];
  let omittedUs = 0;
  for (let node = 0; node < totals.length; node++) {
    const us = node === 0 ? whole : (totals[node] ?? 0);
    const parent = node === 0 ? -1 : indexOf.get(tree.parentOf[node] ?? 0);
    if (parent === undefined || isIdle(node)) continue;
    if (node !== 0 && us < leastUs) {
      omittedUs += us;
      continue;
    }
    const fn = tree.functionOf[node] ?? 0;
    let index = functionIndex.get(fn);
    if (index === undefined) {
      index = functions.push(locate(placeOf(tree.frames[fn] ?? tree.frameOf(0)))) - 1;
      functionIndex.set(fn, index);
    }
    indexOf.set(node, nodes.push([index, parent, Math.round(us)]) - 1);
  }
  return { functions, nodes, omittedUs: Math.round(omittedUs) };
}

const nthLargest = (values: readonly number[], n: number): number =>
  values.length <= n ? 0 : (Float64Array.from(values).sort()[values.length - n] ?? 0);
