import { jsonMetadata } from "./metadata-json.ts";
import type { SpanLane } from "./span-lanes.ts";
import type { SpanError, SpanMetadata } from "./span-record.ts";

/** A complete event (`X`): a stretch of time on a track. Microseconds. */
export interface ChromeCompleteEvent {
  readonly name: string;
  readonly cat: string;
  readonly ph: "X";
  readonly ts: number;
  readonly dur: number;
  readonly pid: number;
  readonly tid: number;
  readonly args: {
    readonly id: number;
    readonly parentId?: number;
    readonly selfMs: number;
    readonly metadata?: SpanMetadata;
    readonly error?: SpanError;
  };
}

/** A metadata event (`M`): what a track is called and where it stands. */
export interface ChromeMetadataEvent {
  readonly name: "process_name" | "thread_name" | "thread_sort_index";
  readonly ph: "M";
  readonly ts: 0;
  readonly pid: number;
  readonly tid: number;
  readonly args: { readonly name: string } | { readonly sort_index: number };
}

export interface ChromeTrace {
  readonly traceEvents: readonly (ChromeCompleteEvent | ChromeMetadataEvent)[];
  readonly displayTimeUnit: "ms";
}

/**
 * For Perfetto (ui.perfetto.dev) and `chrome://tracing`. Each lane is a track, since events of one track must nest.
 * @see https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU the trace event format
 */
export function chromeTrace(lanes: readonly SpanLane[]): ChromeTrace {
  const { pid } = process;
  const traceEvents: (ChromeCompleteEvent | ChromeMetadataEvent)[] = [
    { name: "process_name", ph: "M", ts: 0, pid, tid: 0, args: { name: "node" } },
  ];
  for (const [tid, lane] of lanes.entries()) {
    const track = { ph: "M", ts: 0, pid, tid } as const;
    traceEvents.push(
      { name: "thread_name", ...track, args: { name: laneTitle(lane) } },
      { name: "thread_sort_index", ...track, args: { sort_index: tid } },
    );
    for (const { span, endMs } of lane.spans) {
      const { id, parentId, name, category: cat, metadata, error, startMs, selfMs } = span;
      const args = {
        id,
        ...(parentId !== undefined && { parentId }),
        selfMs,
        ...(metadata !== undefined && { metadata: jsonMetadata(metadata) }),
        ...(error !== undefined && { error }),
      };
      const ts = startMs * 1000;
      traceEvents.push({ name, cat, ph: "X", ts, dur: Math.max(0, endMs * 1000 - ts), pid, tid, args });
    }
  }
  return { traceEvents, displayTimeUnit: "ms" };
}

/** "main thread", "thread 3 (lane 2)". */
export function laneTitle({ threadId, number }: SpanLane): string {
  const thread = threadId === 0 ? "main thread" : `thread ${threadId}`;
  return number === 0 ? thread : `${thread} (lane ${number + 1})`;
}
