import { FilterHash, type FilterItem } from "../algorithms/filter-hash.ts";
import type { Random } from "../measure/random.ts";

/** What traffic is told apart by: a user's id, say. */
export type RolloutKey = FilterItem;

const all = 2 ** 32;

/**
 * Which keys an optimization is on for: those whose hash lies below the share, hash = H(seed, id)(key) / 2³². Hence the
 * same keys in all processes; a share that grows only adds keys; and one optimization's keys say nothing of another's.
 */
export class ShareSwitch {
  readonly #hash: FilterHash;
  readonly #random: Random;
  #share = 0;
  #isHeld = false;
  /** Of the 2³² hashes, those that are on. */
  #below = 0;

  /**
   * @param seed a safe integer ≥ 0, the same in all processes that are to agree
   * @param random chooses for calls without a key
   */
  constructor(id: string, seed: number, random: Random) {
    const salt = new FilterHash(seed);
    salt.hashString(id);
    this.#hash = new FilterHash((salt.high >>> 11) * all + (salt.low >>> 0));
    this.#random = random;
  }

  /** Percent of the traffic, 0 to 100. */
  get share(): number {
    return this.#share;
  }

  set share(percent: number) {
    this.#share = percent;
    this.#apply();
  }

  /** Off for all, whatever the share. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  set isHeld(isHeld: boolean) {
    this.#isHeld = isHeld;
    this.#apply();
  }

  /**
   * @param key `undefined`: by chance, at each call anew
   * @throws {TypeError} on a key of another type, if it is needed
   */
  decide(key: RolloutKey | undefined): boolean {
    const below = this.#below;
    if (below === 0) return false;
    if (below === all) return true;
    if (key === undefined) return this.#random() * all < below;
    const hash = typeof key === "string" ? this.#hash.hashString(key) : this.#hash.hash(key);
    return hash >>> 0 < below;
  }

  /**
   * As another lane of the same hash, so that it is independent of which keys are on.
   * @returns 32 bits, signed @throws {TypeError} on a key of another type
   */
  identify(key: RolloutKey): number {
    this.#hash.hash(key);
    return this.#hash.high;
  }

  #apply(): void {
    this.#below = this.#isHeld ? 0 : Math.round((this.#share / 100) * all);
  }
}
