import { MpmcRing } from "../concurrency/mpmc-ring.ts";
import { threadOriginMs } from "./monotonic-time.ts";
import type { InboxHandle, RemoteSpan } from "./remote-span.ts";
import type { SpanRecord } from "./span-record.ts";

/** Spans that are sent together. */
const batch = 64;
/** Inboxes that a thread keeps open. */
const maxSinks = 16;
const longestErrorName = 100;
const sinks = new Map<string, SpanSink>();

/** Sends spans of this thread to the inbox of another. It never waits: what finds no room is counted as lost. */
export class SpanSink {
  readonly handle: InboxHandle;
  readonly #ring: MpmcRing<RemoteSpan>;
  readonly #lost: Int32Array;
  readonly #waiting: RemoteSpan[] = [];
  #users = 0;

  /** @returns the same for the same inbox */
  static to(handle: InboxHandle): SpanSink {
    const known = sinks.get(handle.inbox);
    if (known !== undefined) return known;
    const sink = new SpanSink(handle);
    const [oldest] = sinks.keys();
    if (sinks.size >= maxSinks) sinks.delete(oldest!);
    sinks.set(handle.inbox, sink);
    return sink;
  }

  constructor({ inbox, ring, lost }: InboxHandle) {
    this.handle = { inbox, ring, lost };
    this.#ring = MpmcRing.attach(ring);
    this.#lost = new Int32Array(lost);
  }

  /** From now on spans may wait for each other, until `leave`. */
  enter(): void {
    this.#users++;
  }

  /** Sends what waits, so that it arrives before whatever the caller sends next. */
  leave(): void {
    this.#users--;
    this.flush();
  }

  add(span: SpanRecord): void {
    const { id, name, category, durationMs, selfMs, threadId } = span;
    this.#waiting.push([
      id,
      span.parentId ?? 0,
      name,
      category,
      span.startMs + threadOriginMs,
      durationMs,
      selfMs,
      threadId,
      span.metadata ?? null,
      span.error ?? null,
    ]);
    if (this.#users === 0 || this.#waiting.length >= batch) this.flush();
  }

  flush(): void {
    for (const span of this.#waiting) if (!this.#sends(span)) Atomics.add(this.#lost, 0, 1);
    this.#waiting.length = 0;
  }

  #sends(span: RemoteSpan): boolean {
    try {
      return this.#ring.tryPush(span);
    } catch (failure) {
      const [id, parentId, name, category, startMs, durationMs, selfMs, thread, metadata, error] = span;
      if (metadata === null && !error?.message) {
        process.emitWarning(failure instanceof Error ? failure : String(failure));
        return false;
      }
      // What JSON can't say, or too long: the span counts, without what the caller and the error said.
      const short = error === null ? null : { name: error.name.slice(0, longestErrorName), message: "" };
      return this.#sends([id, parentId, name, category, startMs, durationMs, selfMs, thread, null, short]);
    }
  }
}
