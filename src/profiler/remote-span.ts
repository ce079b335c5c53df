import type { RingHandle } from "../concurrency/ring-layout.ts";
import type { SpanError, SpanMetadata } from "./span-record.ts";

/** A span on its way to another thread, as JSON; times are the system's, which all threads share. */
export type RemoteSpan = readonly [
  id: number,
  parentId: number,
  name: string,
  category: string,
  startMs: number,
  durationMs: number,
  selfMs: number,
  threadId: number,
  metadata: SpanMetadata | null,
  error: SpanError | null,
];

/** A place in a profile, for another thread: send it by `postMessage` or `workerData`, any number of times. */
export interface SpanContext {
  /** 0 when there was no span. */
  readonly spanId: number;
  /** Whose profile it is. */
  readonly inbox: string;
  readonly ring: RingHandle<RemoteSpan>;
  /** Counts the spans that found no room. */
  readonly lost: SharedArrayBuffer;
}

/** Where spans of other threads go. */
export type InboxHandle = Omit<SpanContext, "spanId">;
