import { LaneHeap } from "./lane-heap.ts";
import type { SpanRecord } from "./span-record.ts";
import { byStart } from "./span-tree.ts";

/** A span on its lane. */
export interface PlacedSpan {
  readonly span: SpanRecord;
  /** Not after the end of the span that it stands in; else `startMs + durationMs`. */
  readonly endMs: number;
}

/** Spans of one thread of which any two are apart, or one is within the other and its descendant. */
export interface SpanLane {
  readonly threadId: number;
  /** Among the lanes of the thread, from 0. */
  readonly number: number;
  /** By start; a span stands after the one that it is in. */
  readonly spans: readonly PlacedSpan[];
}

interface OpenLane extends SpanLane {
  readonly spans: PlacedSpan[];
  /** Those that the next span could be in, the outermost first. */
  readonly open: PlacedSpan[];
}

/** The two sides of a subtraction and an addition again may differ by this much, in milliseconds. */
const roundingMs = 1e-6;

/**
 * Puts spans on lanes. Formats for traces and flame graphs know only calls within calls, but async spans overlap: a span
 * stands on its parent's lane if it fits in there, else on the first one that is free.
 */
export function spanLanes(spans: readonly SpanRecord[]): readonly SpanLane[] {
  const byThread = Map.groupBy(byStart(spans), ({ threadId }) => threadId);
  const threads = [...byThread].sort(([a], [b]) => a - b);
  return threads.flatMap(([threadId, own]) => lanesOf(threadId, own));
}

function lanesOf(threadId: number, spans: readonly SpanRecord[]): readonly SpanLane[] {
  const lanes: OpenLane[] = [];
  const laneOf = new Map<number, OpenLane>();
  // A lane is free from the end of its outermost span on; of those that are, the first is taken.
  const busy = new LaneHeap<OpenLane>();
  const free = new LaneHeap<OpenLane>();
  for (const span of spans) {
    const endMs = span.startMs + span.durationMs;
    while (busy.leastKey !== undefined && busy.leastKey <= span.startMs) {
      const lane = busy.pop()!;
      free.push(lane, lane.number);
    }
    let lane = span.parentId === undefined ? undefined : laneOf.get(span.parentId);
    if (lane === undefined || !fits(lane, span, endMs)) {
      lane = free.pop() ?? { threadId, number: lanes.length, spans: [], open: [] };
      if (lane.number === lanes.length) lanes.push(lane);
      lane.open.length = 0;
      busy.push(lane, endMs);
    }
    const around = lane.open.at(-1);
    const placed = { span, endMs: around === undefined ? endMs : Math.min(endMs, around.endMs) };
    lane.spans.push(placed);
    lane.open.push(placed);
    laneOf.set(span.id, lane);
  }
  return lanes;
}

function fits(lane: OpenLane, { parentId, startMs }: SpanRecord, endMs: number): boolean {
  close(lane, startMs);
  const around = lane.open.at(-1);
  return around !== undefined && around.span.id === parentId && endMs <= around.endMs + roundingMs;
}

/** Spans that have ended by `startMs` can hold nothing more. */
function close({ open }: OpenLane, startMs: number): void {
  for (let last = open.at(-1); last !== undefined && last.endMs <= startMs; last = open.at(-1)) open.pop();
}
