import { criticalValue, normalTail } from "../../measure/two-sided-tail.ts";
import { type HeapProfile, type LiveSite, liveBySite } from "./allocation-site.ts";
import { trendOf } from "./trend.ts";

/** A site of which more is alive each time. */
export interface GrowingSite {
  readonly live: LiveSite;
  /** Part of the growth of all these sites, from 0 to 1, with a 95 % interval. */
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** Sites kept, those with most bytes: what is alive at others isn't what fills a heap. */
const maxSites = 256;
/** Sites with less of all growth aren't named. */
const leastShare = 0.05;
const z = criticalValue(normalTail, 0.95);

/** When there are as many points as fit: every other one goes, or the oldest quarter. */
export type WhenFull = "thin out" | "drop oldest";

/** What each allocation site has alive over time, at a bounded number of points. */
export class SiteGrowth {
  readonly #capacity: number;
  readonly #intervalBytes: number;
  readonly #whenFull: WhenFull;
  readonly #xs: number[] = [];
  /** Rows of `#bytes`. What is kept grows by little more than a name for each site: it is part of the heap that is looked at. */
  readonly #rows = new Map<string, number>();
  readonly #bytes: Float64Array;

  /** @param intervalBytes of the samples, for the interval of shares */
  constructor(capacity: number, intervalBytes: number, whenFull: WhenFull = "thin out") {
    this.#capacity = capacity;
    this.#intervalBytes = intervalBytes;
    this.#whenFull = whenFull;
    this.#bytes = new Float64Array(capacity * maxSites);
  }

  /** @param x operations or seconds, more than the last */
  add(x: number, profile: HeapProfile): void {
    if (this.#xs.length === this.#capacity) this.#makeRoom();
    const at = this.#xs.push(x) - 1;
    const sites = liveBySite(profile);
    if (this.#rows.size + sites.size > maxSites) this.#forget(sites);
    const most = Array.from(sites).sort(([, a], [, b]) => b.bytes - a.bytes);
    for (const [key, { bytes }] of most) {
      const row = this.#rows.get(key) ?? this.#newRow(key);
      if (row !== undefined) this.#bytes[row * this.#capacity + at] = bytes;
    }
  }

  /** Forgets what was before: the profiler forgot it too. */
  clear(): void {
    this.#xs.length = 0;
    this.#rows.clear();
    this.#bytes.fill(0);
  }

  /**
   * Those that grow by more than sampling explains, whose counts are Poisson's, or at least half as much so as the most evident.
   * @param profile the last that was added @returns the most evident first
   */
  growing(profile: HeapProfile): GrowingSite[] {
    const sites = liveBySite(profile);
    const grown: { live: LiveSite; bytes: number; byChance: number }[] = [];
    const span = (this.#xs.at(-1) ?? 0) - (this.#xs[0] ?? 0);
    for (const [key, row] of this.#rows) {
      const live = sites.get(key);
      const from = row * this.#capacity;
      const series = Array.from(this.#bytes.subarray(from, from + this.#xs.length));
      const trend = trendOf(this.#xs, series);
      if (live === undefined || trend === undefined || trend.slope <= 0) continue;
      const mean = series.reduce((sum, bytes) => sum + bytes, 0) / series.length;
      const byChance = Math.sqrt(2 * mean * this.#intervalBytes);
      grown.push({ live, bytes: trend.slope * span, byChance });
    }
    // Which of a cache's objects were sampled changes all the time: beside a leak that is no growth.
    grown.sort((a, b) => b.bytes / b.byChance - a.bytes / a.byChance);
    const least = Math.min(z, grown.length > 0 ? grown[0]!.bytes / grown[0]!.byChance / 2 : 0);
    const named = grown.filter(({ bytes, byChance }) => bytes >= least * byChance);
    const all = named.reduce((sum, { bytes }) => sum + bytes, 0);
    return named
      .map(({ live, bytes }) => ({ live, ...shareOf(bytes / all, all / this.#intervalBytes) }))
      .filter(({ share }) => share >= leastShare);
  }

  /** Sites of which nothing is alive any more. */
  #forget(alive: ReadonlyMap<string, LiveSite>): void {
    for (const [key, row] of this.#rows) {
      if (alive.has(key)) continue;
      this.#rows.delete(key);
      this.#bytes.fill(0, row * this.#capacity, (row + 1) * this.#capacity);
    }
  }

  #newRow(key: string): number | undefined {
    if (this.#rows.size === maxSites) return undefined;
    const used = new Set(this.#rows.values());
    let row = this.#rows.size;
    while (used.has(row)) row = (row + 1) % maxSites;
    this.#rows.set(key, row);
    return row;
  }

  #makeRoom(): void {
    const kept = keptPoints(this.#capacity, this.#whenFull);
    this.#xs.splice(0, this.#capacity, ...kept.map((i) => this.#xs[i]!));
    for (let row = 0; row < maxSites; row++) {
      const bytes = this.#bytes.subarray(row * this.#capacity, (row + 1) * this.#capacity);
      for (const [to, from] of kept.entries()) bytes[to] = bytes[from]!;
      bytes.fill(0, kept.length);
    }
  }
}

/** Places of the points that stay, of so many. */
export function keptPoints(count: number, whenFull: WhenFull): number[] {
  const places = Array.from({ length: count }, (_, i) => i);
  return whenFull === "thin out" ? places.filter((i) => i % 2 === 0) : places.slice(Math.ceil(count / 4));
}

/** Wilson's interval. @param samples that the share is of; fewer than one count as one */
function shareOf(share: number, samples: number): { share: number; low: number; high: number } {
  const n = Math.max(1, samples);
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const width = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return { share, low: Math.max(0, centre - width), high: Math.min(1, centre + width) };
}
