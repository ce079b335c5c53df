import type { RolloutArm } from "./arm.ts";
import { BlockComparison } from "./block-comparison.ts";
import { keyEvidence } from "./key-evidence.ts";
import { KeyTallies } from "./key-tallies.ts";

/** Evidence of the calls from which on the keys are asked, too; below, a ramp doesn't wait for it either. */
const askedFrom = 4;
/** Outcomes that must have come since the keys were asked, as a share of all: a look costs, and is a chance to err. */
const growth = 0.1;

/**
 * A comparison by blocks of calls that believes only what the keys bear out, where there are any: what a few users do again
 * and again is evidence of those users, not of the optimization. The evidence is the lesser of the two.
 */
export class KeyedComparison {
  readonly #calls: BlockComparison;
  readonly #suspect: RolloutArm;
  readonly #weight: number;
  #tallies = new KeyTallies();
  #hasKeys = false;
  #share = 0;
  #outcomes = 0;
  #askAt = 0;
  /** Of the keys, when they were asked last. */
  #ofKeys = Number.POSITIVE_INFINITY;
  #most = 1;

  /**
   * @param suspect the arm in which events are evidence
   * @param maxOddsRatio > 0
   */
  constructor(suspect: RolloutArm = "on", maxOddsRatio = 1) {
    this.#calls = new BlockComparison(suspect, maxOddsRatio);
    this.#suspect = suspect;
    this.#weight = 1 / maxOddsRatio;
  }

  /** The evidence now, ≥ 0. */
  get value(): number {
    return Math.min(this.#calls.evidence.value, this.#ofKeys);
  }

  /** The highest so far. */
  get most(): number {
    return this.#most;
  }

  /** @param key a hash of 32 bits @returns whether a block is complete, so that the evidence may have changed */
  add(arm: RolloutArm, isEvent: boolean, key: number | undefined): boolean {
    this.#tallies.add(arm, isEvent, key);
    if (key !== undefined) this.#hasKeys = true;
    this.#outcomes++;
    if (!this.#calls.add(arm, isEvent)) return false;
    this.#weigh();
    return true;
  }

  /** Begins another stage: a block must be of one share, and so must what keys do. @param share percent */
  begin(share: number): void {
    this.#calls.close();
    this.#weigh();
    this.#share = share;
    this.#tallies = new KeyTallies();
    this.#outcomes = this.#askAt = 0;
  }

  #weigh(): void {
    const { evidence } = this.#calls;
    if (this.#hasKeys && evidence.most >= askedFrom && this.#outcomes >= this.#askAt) {
      const on = this.#share / 100;
      const p = this.#suspect === "on" ? on : 1 - on;
      if (p > 0 && p < 1) this.#ofKeys = keyEvidence(this.#tallies, this.#suspect, p, this.#weight);
      this.#askAt = (1 + growth) * this.#outcomes;
    }
    this.#most = Math.max(this.#most, Math.min(evidence.most, this.#ofKeys));
  }
}
