import { SlowestSpans } from "./slowest-spans.ts";
import { SpanListeners } from "./span-listeners.ts";
import { type SpanName, SpanNames } from "./span-names.ts";
import type { SpanError, SpanMetadata, SpanRecord } from "./span-record.ts";
import { SpanRing } from "./span-ring.ts";
import type { SpanSink } from "./span-sink.ts";

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

  /** @param parentId 0 for none @param sink where its record goes besides */
  add(
    of: SpanName,
    id: number,
    parentId: number,
    startMs: number,
    durationMs: number,
    selfMs: number,
    metadata: SpanMetadata | undefined,
    error: SpanError | undefined,
    threadId: number,
    sink: SpanSink | undefined,
  ): void {
    const failed = error !== undefined;
    this.count++;
    if (failed) {
      this.failed++;
      of.failed++;
    }
    of.durations.record(durationMs);
    of.selfMs += selfMs;
    const extra = metadata === undefined && error === undefined ? undefined : { metadata, error };
    this.#ring ??= new SpanRing(this.#maxSpans);
    this.#ring.add(of, id, parentId, startMs, durationMs, selfMs, failed, threadId, extra);
    const isSlow = durationMs > this.#slowest.floorMs;
    if (!isSlow && !this.listeners.any && sink === undefined) return;
    const { name, category } = of;
    const parent = parentId === 0 ? undefined : parentId;
    const timed = { startMs, durationMs, selfMs };
    const record = { id, parentId: parent, name, category, metadata, ...timed, failed, error, threadId };
    if (isSlow) this.#slowest.offer(record);
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
