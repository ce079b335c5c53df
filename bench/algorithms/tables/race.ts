import { type ArmResult, compareArms, formatRatio } from "../../../src/measure/index.ts";
import { met, nsOf } from "../../figures.ts";
import type { CacheId } from "../arms/caches.ts";
import type { Rival } from "./rivals.ts";

/** What was measured of the rivals with one kind of keys at one capacity. */
export class Race {
  readonly #rivals: readonly Rival[];
  readonly #arms: readonly ArmResult[];

  /** @param arms in the order of the rivals */
  constructor(rivals: readonly Rival[], arms: readonly ArmResult[]) {
    this.#rivals = rivals;
    this.#arms = arms;
  }

  arm(id: CacheId): ArmResult {
    return this.#arms[this.#rivals.findIndex((rival) => rival.id === id)]!;
  }

  /** The one with the lowest median among those of some families. */
  fastest(...families: readonly Rival["family"][]): ArmResult {
    return this.#of(families).reduce((a, b) => (nsOf(a) <= nsOf(b) ? a : b));
  }

  /** @throws {Error} when a counter isn't the same for all of some families */
  mustAgree(counter: string, ...families: readonly Rival["family"][]): void {
    const arms = this.#of(families);
    for (const { name, counters } of arms)
      if (counters[counter] !== arms[0]!.counters[counter])
        throw new Error(
          `${counter}: expected ${arms[0]!.counters[counter]} as with ${arms[0]!.name}, got ${counters[counter]} with ${name}`,
        );
  }

  /** @throws {Error} when a cache of exact capacity, full, has another number of entries in its counter `held` */
  mustHold(capacity: number): void {
    for (const { name, counters } of this.#of(["ours", "exact LRU", "exact"]))
      if (counters.held !== capacity)
        throw new Error(`${name}: expected ${capacity} entries, got ${counters.held}`);
  }

  /** How many times as fast `ours` is as `other`, and whether that is enough. */
  bar(ours: CacheId, least: number, other: ArmResult): string {
    const { ratio } = compareArms(other, this.arm(ours)).wall;
    return met(`≥ ${least}× ${other.name}`, ratio >= least, `${ratio.toFixed(2)}×`);
  }

  /** Whether `ours` was shown to be slower than `other`. */
  notSlowerBar(ours: CacheId, other: ArmResult): string {
    const comparison = compareArms(other, this.arm(ours));
    return met(`not slower than ${other.name}`, comparison.verdict !== "worse", formatRatio(comparison));
  }

  rows(row: (arm: ArmResult, rival: Rival) => readonly string[]): (readonly string[])[] {
    return this.#arms.map((arm, i) => row(arm, this.#rivals[i]!));
  }

  #of(families: readonly Rival["family"][]): readonly ArmResult[] {
    return this.#arms.filter((_, i) => families.includes(this.#rivals[i]!.family));
  }
}
