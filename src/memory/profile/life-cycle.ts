import { type Clock, systemClock } from "../../clock.ts";
import { LatencyHistogram } from "../../metrics/latency-histogram.ts";
import type { MetricSample } from "../../metrics/metric.ts";
import { integer, knownKeys, rejectType } from "../../options.ts";
import { countFullCollections, forget, type Mortal, onDeath } from "./collections.ts";

export interface LifeCycleOptions {
  /** One object in so many is followed, at random; ≥ 1. @default 100 */
  readonly sampleEvery?: number | undefined;
  /** Objects followed at the same time, at most; ≥ 1. @default 10,000 */
  readonly maxSamples?: number | undefined;
  /** @default the system's */
  readonly clock?: Clock | undefined;
}

/** What became of the objects of one kind. */
export interface LifeCycleStats {
  readonly name: string;
  readonly born: number;
  /** Of them followed so far; all that stands below is known of them alone. */
  readonly sampled: number;
  /** Not collected yet, of all that were born: estimated by the share of the sampled ones. */
  readonly alive: number;
  /** Of sampled ones that aren't collected yet. */
  readonly oldestMs: number | undefined;
  /** Of sampled ones that were collected: from birth to some turns of the event loop after the collection. */
  readonly lifetimeMs: { readonly p50: number; readonly p95: number; readonly max: number } | undefined;
  /** Share that survived its first full collection, its second, … of those that met it; at most eight. */
  readonly survivors: readonly number[];
}

const mostCollections = 8;

/**
 * How many objects of a kind are born, live and grow old. Tell it of each: in a constructor, or in a pool's factory.
 *
 * ```ts
 * const sessions = new LifeCycle("Session");
 * class Session { constructor() { sessions.born(this); } }
 * ```
 * Nothing is held by it. V8 keeps a followed object through the collections of the young generation, so that only full ones
 * take it; one in a hundred hardly weighs.
 */
export class LifeCycle implements Disposable {
  readonly name: string;
  readonly #sampleEvery: number;
  readonly #maxSamples: number;
  readonly #clock: Clock;
  readonly #living = new Set<Life>();
  readonly #lifetimesMs = new LatencyHistogram();
  /** Of those that are dead: how many survived so many full collections. */
  readonly #deaths: number[] = new Array(mostCollections + 1).fill(0);
  #born = 0;
  #sampled = 0;
  #toSkip = 0;
  #closed = false;

  /** @throws {TypeError | RangeError} on a name or option that is wrong */
  constructor(name: string, options: LifeCycleOptions = {}) {
    if (typeof name !== "string" || name === "") rejectType("name", "a name", name);
    knownKeys("LifeCycle", options, ["sampleEvery", "maxSamples", "clock"]);
    this.name = name;
    this.#sampleEvery = integer("sampleEvery", options.sampleEvery ?? 100, 1);
    this.#maxSamples = integer("maxSamples", options.maxSamples ?? 10_000, 1);
    this.#clock = options.clock ?? systemClock;
  }

  /** Counts an object. Takes 2 ns, and about 1 µs for one that is followed. */
  born(object: object): void {
    this.#born++;
    if (this.#toSkip-- > 0) return;
    // At random, so that no rhythm of the program's own chooses.
    this.#toSkip = Math.floor(Math.random() * (2 * this.#sampleEvery - 1));
    if (this.#living.size < this.#maxSamples && !this.#closed) this.#follow(object);
  }

  stats(): LifeCycleStats {
    const now = this.#clock.now();
    const { count, max } = this.#lifetimesMs;
    const [oldest] = this.#living;
    return {
      name: this.name,
      born: this.#born,
      sampled: this.#sampled,
      alive: this.#sampled === 0 ? 0 : Math.round((this.#born * this.#living.size) / this.#sampled),
      oldestMs: oldest === undefined ? undefined : now - oldest.bornMs,
      lifetimeMs:
        count === 0
          ? undefined
          : { p50: this.#lifetimesMs.quantile(0.5)!, p95: this.#lifetimesMs.quantile(0.95)!, max },
      survivors: this.#survivors(),
    };
  }

  *collect(): Iterable<MetricSample> {
    const { born, alive } = this.stats();
    const labels = { "object.name": this.name };
    const unit = "{object}";
    const name = "victor.memory.life_cycle";
    yield { type: "counter", name: `${name}.born`, help: "Objects made.", unit, labels, value: born };
    const help = "Objects not collected yet, estimated by a sample.";
    yield { type: "gauge", name: `${name}.alive`, help, unit, labels, value: alive };
  }

  /** Follows no object any more; `born` counts on. */
  close(): void {
    this.#closed = true;
    forget(this.#living);
    this.#living.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #follow(object: object): void {
    const life = new Life(this.#clock.now(), countFullCollections(), (survived) => {
      this.#living.delete(life);
      this.#lifetimesMs.record(this.#clock.now() - life.bornMs);
      // Below 0 when two collections were told of as one.
      this.#deaths[Math.min(Math.max(survived, 0), mostCollections)]!++;
    });
    onDeath(object, life, this.#living);
    this.#sampled++;
    this.#living.add(life);
  }

  #survivors(): number[] {
    const met = new Array<number>(mostCollections).fill(0);
    const survived = new Array<number>(mostCollections).fill(0);
    const add = (collections: number, lives: number, thenDied: boolean): void => {
      for (let i = 0; i < mostCollections; i++) {
        if (i < collections) survived[i]! += lives;
        if (i < collections || (thenDied && i === collections)) met[i]! += lives;
      }
    };
    for (const [collections, lives] of this.#deaths.entries()) add(collections, lives, true);
    const now = countFullCollections();
    for (const { bornAfter } of this.#living) add(now - bornAfter, 1, false);
    return survived.map((lives, i) => lives / met[i]!).filter((share) => !Number.isNaN(share));
  }
}

class Life implements Mortal {
  readonly bornMs: number;
  /** Full collections before it. */
  readonly bornAfter: number;
  readonly #tell: (survived: number) => void;

  constructor(bornMs: number, bornAfter: number, tell: (survived: number) => void) {
    this.bornMs = bornMs;
    this.bornAfter = bornAfter;
    this.#tell = tell;
  }

  died(fullCollections: number): void {
    this.#tell(fullCollections - this.bornAfter);
  }
}
