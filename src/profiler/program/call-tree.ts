import type { CallFrame, CpuProfile } from "./recorded-thread.ts";

const keyOf = ({ functionName, url, lineNumber, columnNumber }: CallFrame): string =>
  `${lineNumber}:${columnNumber}:${url}\0${functionName}`;

/**
 * The call tree of any number of profiles: functions and nodes as numbers, a parent before its children.
 * Node 0 is the root. Each holds the microseconds that were spent in it, without those that it called.
 */
export class CallTree {
  readonly frames: CallFrame[] = [];
  /** Index in `frames` of each node's function. */
  readonly functionOf: number[] = [];
  readonly parentOf: number[] = [];
  readonly selfUs: number[] = [];
  /** For each function: microseconds by line of the file, from 1. */
  readonly linesUs: Map<number, number>[] = [];
  /** Samples in all. */
  samples = 0;
  readonly #functions = new Map<string, number>();
  readonly #children: Map<number, number>[] = [];

  constructor() {
    this.#node(this.#function({ functionName: "(root)", url: "", lineNumber: -1, columnNumber: -1 }), -1);
  }

  /**
   * Adds a profile.
   * @param visit is told of each sample: the tree's node, when it began on the profile's clock, and for how long it held
   */
  add(profile: CpuProfile, visit?: (node: number, startUs: number, durationUs: number) => void): void {
    const nodeOf = this.#merge(profile);
    const { samples, timeDeltas, startTime, endTime } = profile;
    const ownUs = new Map<number, number>();
    let at = startTime;
    for (let i = 0; i < samples.length; i++) {
      at += timeDeltas[i] ?? 0;
      // A sample holds until the next one. Deltas can be negative: V8 takes samples on another thread's clock.
      const durationUs = Math.max(0, i + 1 < samples.length ? (timeDeltas[i + 1] ?? 0) : endTime - at);
      const node = nodeOf.get(samples[i] ?? 0);
      if (node === undefined) continue;
      this.selfUs[node] = (this.selfUs[node] ?? 0) + durationUs;
      ownUs.set(samples[i] ?? 0, (ownUs.get(samples[i] ?? 0) ?? 0) + durationUs);
      visit?.(node, at, durationUs);
    }
    this.samples += samples.length;
    this.#addLines(profile, nodeOf, ownUs);
  }

  /** Microseconds of each node with all below it. */
  totalsUs(): number[] {
    const totals = [...this.selfUs];
    for (let node = totals.length - 1; node > 0; node--) {
      const parent = this.parentOf[node] ?? 0;
      totals[parent] = (totals[parent] ?? 0) + (totals[node] ?? 0);
    }
    return totals;
  }

  frameOf(node: number): CallFrame {
    return this.frames[this.functionOf[node] ?? 0] as CallFrame;
  }

  /** @returns the tree's node of each node of the profile, by its id */
  #merge({ nodes }: CpuProfile): Map<number, number> {
    const parentIds = new Map<number, number>();
    for (const { id, children } of nodes) for (const child of children ?? []) parentIds.set(child, id);
    const merged = new Map<number, number>();
    const byId = new Map(nodes.map((node) => [node.id, node]));
    for (const { id } of nodes) {
      // Parents mostly come first, but nothing says that they must.
      const path: number[] = [];
      for (
        let next: number | undefined = id;
        next !== undefined && !merged.has(next);
        next = parentIds.get(next)
      ) {
        if (path.length > nodes.length) break;
        path.push(next);
      }
      for (const step of path.reverse()) {
        const parentId = parentIds.get(step);
        const parent = parentId === undefined ? -1 : (merged.get(parentId) ?? 0);
        const frame = byId.get(step)?.callFrame;
        if (frame !== undefined) merged.set(step, parent < 0 ? 0 : this.#node(this.#function(frame), parent));
      }
    }
    return merged;
  }

  /** V8 counts ticks by line; each tick of a node stands for an equal part of its time. */
  #addLines(profile: CpuProfile, nodeOf: Map<number, number>, ownUs: Map<number, number>): void {
    for (const { id, positionTicks } of profile.nodes) {
      const us = ownUs.get(id) ?? 0;
      const ticks = positionTicks?.reduce((sum, tick) => sum + tick.ticks, 0) ?? 0;
      const lines = this.linesUs[this.functionOf[nodeOf.get(id) ?? 0] ?? 0];
      if (us === 0 || ticks === 0 || lines === undefined) continue;
      for (const tick of positionTicks ?? [])
        lines.set(tick.line, (lines.get(tick.line) ?? 0) + (us * tick.ticks) / ticks);
    }
  }

  #function(frame: CallFrame): number {
    const key = keyOf(frame);
    const known = this.#functions.get(key);
    if (known !== undefined) return known;
    const index = this.frames.push(frame) - 1;
    this.linesUs.push(new Map());
    this.#functions.set(key, index);
    return index;
  }

  #node(functionIndex: number, parent: number): number {
    const siblings = this.#children[parent];
    const known = siblings?.get(functionIndex);
    if (known !== undefined) return known;
    const node = this.functionOf.push(functionIndex) - 1;
    this.parentOf.push(parent);
    this.selfUs.push(0);
    this.#children.push(new Map());
    siblings?.set(functionIndex, node);
    return node;
  }
}
