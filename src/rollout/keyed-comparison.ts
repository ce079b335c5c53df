import type { RolloutArm } from "./arm.ts";
import { AskedTallies } from "./asked-tallies.ts";
import { BlockComparison } from "./block-comparison.ts";

/** Evidence of the calls from which on the keys are asked, too; below, a ramp doesn't wait for it either. */
const askedFrom = 4;
/** Outcomes that are looked at by themselves: in all of a long stage, harm that begins late would be long in showing. */
const windowSize = 8192;

/**
 * A comparison by blocks of calls that believes only what the keys bear out, where there are any: what a few users do again
 * and again is evidence of those users, not of the optimization. The evidence is the lesser of the two; that of the keys the
 * higher one of all that they did in the stage and, divided by j (j + 1), of what they did in its j-th window.
 */
export class KeyedComparison {
  readonly #calls: BlockComparison;
  readonly #suspect: RolloutArm;
  readonly #weight: number;
  #ofStage = new AskedTallies();
  #ofWindow = this.#ofStage;
  #hasKeys = false;
  #share = 0;
  #window = 1;
  /** Evidence of the keys, when they were asked last. */
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
    this.#ofStage.add(arm, isEvent, key);
    // Of the first window, both are the same.
    if (this.#window > 1) this.#ofWindow.add(arm, isEvent, key);
    if (key !== undefined) this.#hasKeys = true;
    if (!this.#calls.add(arm, isEvent)) return false;
    this.#weigh();
    if (this.#ofWindow.outcomes >= windowSize) {
      this.#window++;
      this.#ofWindow = new AskedTallies();
    }
    return true;
  }

  /** Begins another stage: a block must be of one share, and so must what keys do. @param share percent */
  begin(share: number): void {
    this.#calls.close();
    this.#weigh();
    this.#share = share;
    this.#ofStage = this.#ofWindow = new AskedTallies();
    this.#window = 1;
  }

  #weigh(): void {
    if (this.#hasKeys && this.#calls.evidence.value >= askedFrom) this.#askKeys();
    this.#most = Math.max(this.#most, this.value);
  }

  #askKeys(): void {
    const on = this.#share / 100;
    const p = this.#suspect === "on" ? on : 1 - on;
    if (!(p > 0 && p < 1)) return;
    this.#ofStage.ask(this.#suspect, p, this.#weight);
    this.#ofWindow.ask(this.#suspect, p, this.#weight);
    const j = this.#window;
    const ofWindow = j === 1 ? 1 : this.#ofWindow.evidence / (j * (j + 1));
    this.#ofKeys = Math.max(this.#ofStage.evidence, ofWindow);
  }
}
