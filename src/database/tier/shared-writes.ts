import type { TieredCache } from "../../cache/tiered-cache.ts";
import type { Clock, TimerHandle } from "../../clock.ts";
import type { FleetSchema } from "./fleet-schema.ts";
import { type ChangedTags, everything, everythingChanged, schemaChanged } from "./result-tags.ts";
import { type TierCalls, unreachable } from "./tier-calls.ts";
import type { WriteMarks } from "./write-marks.ts";

/** A write under way. */
export interface SharedWrite {
  /** It took effect, or may have, or it didn't: makes void what it may have changed. Never rejects for the server's sake. */
  end(): Promise<void>;
}

const nothing: SharedWrite = Object.freeze({ end: () => Promise.resolve() });

/** Tells the fleet of this process's writes: a mark and the news before, the news after. */
export class SharedWrites {
  readonly #cache: Pick<TieredCache, "deleteByTag">;
  readonly #calls: TierCalls;
  readonly #marks: WriteMarks;
  readonly #schema: FleetSchema;
  readonly #clock: Clock;
  readonly #markMs: number;
  readonly #background = new Set<Promise<unknown>>();
  #isClosed = false;
  /** Writes that went on without a mark, since the server couldn't be asked. */
  unmarked = 0;

  constructor(
    cache: Pick<TieredCache, "deleteByTag">,
    calls: TierCalls,
    marks: WriteMarks,
    schema: FleetSchema,
    clock: Clock,
    markMs: number,
  ) {
    this.#cache = cache;
    this.#calls = calls;
    this.#marks = marks;
    this.#schema = schema;
    this.#clock = clock;
    this.#markMs = markMs;
  }

  /** Resolves when the write may go on: the fleet knows, or can't be told. */
  async begin(known: ChangedTags): Promise<SharedWrite> {
    if (known.size === 0 || this.#isClosed) return nothing;
    const ended = Promise.withResolvers<void>();
    this.#inBackground(ended.promise);
    const id = this.#marks.newId();
    let changed = known;
    const { known: schemaBefore } = this.#schema;
    // Of everything, one needn't know what it is.
    const isSure = async (): Promise<boolean> =>
      known.has(everything) || (await this.#schema.isPresent(schemaBefore));
    const [marked, isKnown] = await Promise.all([this.#mark(id, changed), isSure()]);
    let isMarked = marked;
    if (!isKnown) {
      // By the schema that others made, it may change other tables than we know of.
      this.#schema.lost();
      if (known !== schemaChanged) changed = new Map([...known, ...everythingChanged]);
      isMarked = await this.#mark(id, changed);
    }
    if (!isMarked) this.unmarked++;
    const tags = [...changed.values()].flat();
    await this.#cache.deleteByTag(tags);
    const stopRenewing = isMarked ? this.#renew(id, changed) : undefined;
    return {
      end: async () => {
        stopRenewing?.();
        const [reach, isStillKnown] = await Promise.all([
          this.#cache.deleteByTag(tags),
          changed.has(everything) || isSure(),
        ]);
        if (known === schemaChanged) this.#schema.lost();
        if (!isStillKnown) {
          // Others changed the schema, maybe before it took effect: it may have changed more than we know of.
          this.#schema.lost();
          await this.#cache.deleteByTag(everything);
        }
        // Where the server couldn't be told, the mark stands in until it ends by itself.
        if (reach === "fleet") this.#inBackground(this.#calls.ask(() => this.#marks.remove(id, changed)));
        ended.resolve();
      },
    };
  }

  /** Waits for the writes under way; those that begin later are nobody's business. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#background.size > 0) await Promise.allSettled(this.#background);
  }

  async #mark(id: string, changed: ChangedTags): Promise<boolean> {
    return (await this.#calls.ask(() => this.#marks.set(id, changed))) !== unreachable;
  }

  /** A statement may wait for locks for longer than a mark lasts. */
  #renew(id: string, changed: ChangedTags): () => void {
    let timer: TimerHandle;
    let isOver = false;
    const arm = (): void => {
      timer = this.#clock.setTimeout(() => {
        this.#inBackground(
          this.#mark(id, changed).then(() => {
            if (!isOver) arm();
          }),
        );
      }, this.#markMs / 3);
    };
    arm();
    return () => {
      isOver = true;
      this.#clock.clearTimeout(timer);
    };
  }

  #inBackground(work: Promise<unknown>): void {
    const over = work.finally(() => this.#background.delete(over));
    this.#background.add(over);
  }
}
