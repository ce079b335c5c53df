import { SlowestSpans } from "./slowest-spans.ts";
import { SpanListeners } from "./span-listeners.ts";
import { type SpanName, SpanNames } from "./span-names.ts";
import type { SpanError, SpanMetadata, SpanRecord } from "./span-record.ts";
import { SpanRing } from "./span-ring.ts";
import type { SpanSink } from "./span-sink.ts";

/** What is recorded of a span, its times aside. */
export interface EndedSpan {
  readonly of: SpanName;
  readonly id: number;
  /** 0 for none. */
  readonly parentId: number;
  readonly startMs: number;
  readonly metadata: SpanMetadata | undefined;
  readonly error: SpanError | undefined;
  /** Where its record goes besides. */
  readonly sink: SpanSink | undefined;
}

/** All that is kept of spans that have ended, in bounded memory. */
export class SpanStore {
  readonly names: SpanNames;
  readonly listeners = new SpanListeners();
  /** Spans added, and those of them that failed. */
  count = 0;
  failed = 0;
  readonly #slowest: SlowestSpans;
  readonly #maxSpans: number;
  /** Made by the first span, so that a profiler that is switched off takes next to no memory. */
  #ring: SpanRing | undefined;

  constructor(bounds: { readonly maxSpans: number; readonly maxNames: number; readonly slowest: number }) {
    this.names = new SpanNames(bounds.maxNames);
    this.#slowest = new SlowestSpans(bounds.slowest);
    this.#maxSpans = bounds.maxSpans;
  }

  /** The oldest first, by when they were added. */
  get recent(): readonly SpanRecord[] {
    return this.#ring?.records(this.names.all) ?? [];
  }
  get slowest(): readonly SpanRecord[] {
    return this.#slowest.spans;
  }
  get overwritten(): number {
    return this.#ring?.overwritten ?? 0;
  }

  add(span: EndedSpan, durationMs: number, selfMs: number, threadId: number): void {
    const { of } = span;
    this.count++;
    if (span.error !== undefined) {
      this.failed++;
      of.failed++;
    }
    of.durations.record(durationMs);
    of.selfMs += selfMs;
    this.#ring ??= new SpanRing(this.#maxSpans);
    this.#ring.add(span, durationMs, selfMs, threadId);
    if (durationMs > this.#slowest.floorMs || this.listeners.any || span.sink !== undefined)
      this.#tell(span, durationMs, selfMs, threadId);
  }

  #tell(span: EndedSpan, durationMs: number, selfMs: number, threadId: number): void {
    const { id, startMs, metadata, error, sink } = span;
    const { name, category } = span.of;
    const parentId = span.parentId === 0 ? undefined : span.parentId;
    const failed = error !== undefined;
    const timed = { startMs, durationMs, selfMs };
    const record = { id, parentId, name, category, metadata, ...timed, failed, error, threadId };
    if (durationMs > this.#slowest.floorMs) this.#slowest.offer(record);
    if (this.listeners.any) this.listeners.tell(record);
    sink?.add(record);
  }

  reset(): void {
    this.#ring?.reset();
    this.names.reset();
    this.#slowest.reset();
    this.count = 0;
    this.failed = 0;
  }
}
