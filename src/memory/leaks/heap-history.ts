import { type Growth, growthOf } from "./growth.ts";
import type { HeapReading } from "./heap-probe.ts";
import { type GrowingSite, keptPoints, SiteGrowth, type WhenFull } from "./site-growth.ts";

const capacity = 48;
/** So few that a leak is known by the time a megabyte has leaked, and as many as an interval takes. */
const minPoints = 6;
/** Growth of a smaller part of the heap isn't called a leak. */
const leastPart = 0.01;

/** So many points in a row must be above all that was before. */
const settled = 4;

/** A heap below this part of the least before has lost what it began with. What only swings comes back to its least. */
const baseFall = 0.9;

/** Live bytes over time, as a whole and by allocation site. */
export class HeapHistory {
  readonly #whenFull: WhenFull;
  readonly #sites: SiteGrowth;
  readonly #xs: number[] = [];
  readonly #heaps: number[] = [];
  readonly #externals: number[] = [];
  /** The most that was live before the oldest point, where the oldest are dropped. */
  #mostBefore = 0;

  constructor(samplingBytes: number, whenFull: WhenFull) {
    this.#whenFull = whenFull;
    this.#sites = new SiteGrowth(capacity, samplingBytes, whenFull);
  }

  /** @param seconds more than the last */
  add(seconds: number, { heapBytes, externalBytes, profile, restarted }: Omit<HeapReading, "cpuMs">): void {
    if (this.#xs.length === capacity) {
      const kept = keptPoints(capacity, this.#whenFull);
      for (let i = 0; i < kept[0]!; i++)
        this.#mostBefore = Math.max(this.#mostBefore, this.#heaps[i]! + this.#externals[i]!);
      for (const series of [this.#xs, this.#heaps, this.#externals])
        series.splice(0, capacity, ...kept.map((i) => series[i]!));
    }
    // Code that wasn't run for some collections goes, and what a start needed: what was before is no base to grow from.
    if (heapBytes < baseFall * Math.min(...this.#heaps)) {
      for (const series of [this.#xs, this.#heaps, this.#externals]) series.length = 0;
      this.#sites.clear();
      this.#mostBefore = 0;
    }
    this.#xs.push(seconds);
    this.#heaps.push(heapBytes);
    this.#externals.push(externalBytes);
    if (restarted) this.#sites.clear();
    this.#sites.add(seconds, profile);
  }

  /** Seconds from the first point to the last. */
  get span(): number {
    return this.#xs.length === 0 ? 0 : this.#xs.at(-1)! - this.#xs[0]!;
  }

  /**
   * Of the heap with what is outside of it; of the heap alone where that leaks and the whole doesn't: buffers are given back some
   * time after their collection, and come and go by more than a slow leak brings.
   */
  growth(minBytes: number): Growth {
    const wholes = this.#heaps.map((bytes, i) => bytes + this.#externals[i]!);
    const minSize = Math.max(minBytes, leastPart * (wholes.at(-1) ?? 0));
    const gates = { minPoints, minBytes: minSize, minSlope: 0 };
    const whole = growthOf(this.#xs, wholes, gates);
    if (whole.status === "leaking") return this.#unlessSeenBefore(whole, wholes);
    const heap = growthOf(this.#xs, this.#heaps, gates);
    return heap.status === "leaking" ? this.#unlessSeenBefore(heap, wholes) : whole;
  }

  /** What comes and goes over hours grows for as long as it comes; a leak goes beyond all that there was before. */
  #unlessSeenBefore(growth: Growth & { readonly status: "leaking" }, wholes: readonly number[]): Growth {
    return Math.min(...wholes.slice(-settled)) > this.#mostBefore ? growth : { ...growth, status: "steady" };
  }

  /** Whether most of the growth is outside of V8's heap. */
  get isExternal(): boolean {
    const grown = (series: readonly number[]): number => (series.at(-1) ?? 0) - (series[0] ?? 0);
    return grown(this.#externals) > grown(this.#heaps);
  }

  sites(profile: HeapReading["profile"]): GrowingSite[] {
    return this.#sites.growing(profile);
  }
}
