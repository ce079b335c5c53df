import { MpmcRing } from "../concurrency/mpmc-ring.ts";
import { threadOriginMs } from "./monotonic-time.ts";
import type { InboxHandle, RemoteSpan } from "./remote-span.ts";
import type { SpanRecord } from "./span-record.ts";

/** Spans that are sent together. */
const batch = 64;
/** Inboxes that a thread keeps open. */
const maxSinks = 16;
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
      span.failed ? 1 : 0,
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
    } catch (error) {
      // What JSON can't say, or too long: the span counts, without what the caller and the error say.
      if (span[9] === null && span[10] === null) {
        process.emitWarning(error instanceof Error ? error : String(error));
        return false;
      }
      return this.#sends(span.with(9, null).with(10, null) as unknown as RemoteSpan);
    }
  }
}
