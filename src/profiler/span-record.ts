import { cutText } from "./cut-text.ts";

/** What a caller tells of a span: small values that JSON can say. Held as it is, not copied. */
export type SpanMetadata = Readonly<Record<string, unknown>>;

/** What a span failed with, as text: an error itself may hold on to anything. */
export interface SpanError {
  /** The error's `name`, 1,000 characters at most; of what is no error, its type. */
  readonly name: string;
  /** 1,000 characters at most. */
  readonly message: string;
}

/** A span that has ended. */
export interface SpanRecord {
  /** A positive integer, unique among the threads of this process that a profiler hears of. */
  readonly id: number;
  /** The span that this one began under; it may have ended before, or not be known here. */
  readonly parentId: number | undefined;
  readonly name: string;
  readonly category: string;
  readonly metadata: SpanMetadata | undefined;
  /** Milliseconds since `performance.timeOrigin` of the profiler's thread, also for spans of other threads. */
  readonly startMs: number;
  readonly durationMs: number;
  /** `durationMs` less the time in which at least one child of the same thread was under way. */
  readonly selfMs: number;
  readonly failed: boolean;
  /** Of a failed span. */
  readonly error: SpanError | undefined;
  /** `worker_threads.threadId` of the thread that it ran in; 0 is the main thread. */
  readonly threadId: number;
}

/** Told of each span as it ends. Runs in the code that ended the span: be quick, and hand on what takes long. */
export type SpanListener = (span: SpanRecord) => void;

const longestText = 1000;

/** @param thrown anything; never throws, whatever it is */
export function spanError(thrown: unknown): SpanError {
  try {
    if (thrown instanceof Error) return { name: shortText(thrown.name), message: shortText(thrown.message) };
    return { name: typeof thrown, message: shortText(thrown) };
  } catch (unreadable) {
    return { name: typeof thrown, message: `unreadable: ${typeof unreadable}` };
  }
}

const shortText = (value: unknown): string => cutText(String(value), longestText);
