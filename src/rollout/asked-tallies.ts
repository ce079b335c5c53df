import type { RolloutArm } from "./arm.ts";
import { keyEvidence } from "./key-evidence.ts";
import { KeyTallies } from "./key-tallies.ts";

/** Outcomes that must have come since the keys were asked, as a share of all: a look costs, and is a chance to err. */
const growth = 0.1;

/** Tallies of a span of outcomes, and what they came to when they were asked last. */
export class AskedTallies {
  readonly #tallies = new KeyTallies();
  #outcomes = 0;
  #askAt = 0;
  #evidence = 1;

  get outcomes(): number {
    return this.#outcomes;
  }

  /** Evidence of the keys, ≥ 1, as of the last time that they were asked; 1 before. */
  get evidence(): number {
    return this.#evidence;
  }

  /** @param key a hash of 32 bits */
  add(arm: RolloutArm, isEvent: boolean, key: number | undefined): void {
    this.#tallies.add(arm, isEvent, key);
    this.#outcomes++;
  }

  /** Asks anew where a tenth more outcomes have come. Parameters are those of `keyEvidence`. */
  ask(suspect: RolloutArm, p: number, weight: number): void {
    if (this.#outcomes < this.#askAt) return;
    this.#evidence = keyEvidence(this.#tallies, suspect, p, weight);
    this.#askAt = (1 + growth) * this.#outcomes;
  }
}
