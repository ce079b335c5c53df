import type { RolloutArm } from "./arm.ts";

const slots = 4096;
/** Slots that a key may have. */
const ways = 4;

/** What one key has done, or several alike. */
export interface KeyTally {
  readonly arm: RolloutArm;
  readonly calls: number;
  readonly events: number;
  /** How many keys have done just this, ≥ 1. */
  readonly keys: number;
}

/** 1024 sets of 4 slots, 13 bytes each. */
class Slots {
  readonly keys = new Int32Array(slots);
  readonly calls = new Uint32Array(slots);
  readonly events = new Uint32Array(slots);
  readonly isOn = new Uint8Array(slots);
}

/**
 * Counts the calls of each key, and the events among them. Of more keys than 4 in a set, those with the most calls are told
 * apart; each call of the others, as each without a key, is taken for the only one of a key of its own.
 */
export class KeyTallies {
  readonly #single = { on: { calls: 0, events: 0 }, off: { calls: 0, events: 0 } };
  #slots: Slots | undefined;

  /** @param key a hash of 32 bits; `undefined` of a call without a key */
  add(arm: RolloutArm, isEvent: boolean, key: number | undefined): void {
    if (key === undefined) {
      this.#addSingle(arm, 1, isEvent ? 1 : 0);
      return;
    }
    this.#slots ??= new Slots();
    const slot = this.#slotOf(this.#slots, arm, key);
    this.#slots.calls[slot]!++;
    if (isEvent) this.#slots.events[slot]!++;
  }

  *[Symbol.iterator](): Iterator<KeyTally> {
    if (this.#slots !== undefined) {
      const { calls, events, isOn } = this.#slots;
      for (let slot = 0; slot < slots; slot++)
        if (calls[slot]! > 0)
          yield { arm: armOf(isOn[slot]!), calls: calls[slot]!, events: events[slot]!, keys: 1 };
    }
    for (const arm of ["on", "off"] as const) {
      const { calls, events } = this.#single[arm];
      if (events > 0) yield { arm, calls: 1, events: 1, keys: events };
      if (calls > events) yield { arm, calls: 1, events: 0, keys: calls - events };
    }
  }

  #slotOf({ keys, calls, events, isOn }: Slots, arm: RolloutArm, key: number): number {
    const ownArm = arm === "on" ? 1 : 0;
    const first = key & (slots - ways);
    let least = first;
    for (let slot = first; slot < first + ways; slot++) {
      if (keys[slot] === key && isOn[slot] === ownArm && calls[slot]! > 0) return slot;
      if (calls[slot]! < calls[least]!) least = slot;
    }
    this.#addSingle(armOf(isOn[least]!), calls[least]!, events[least]!);
    keys[least] = key;
    isOn[least] = ownArm;
    calls[least] = events[least] = 0;
    return least;
  }

  #addSingle(arm: RolloutArm, calls: number, events: number): void {
    this.#single[arm].calls += calls;
    this.#single[arm].events += events;
  }
}

const armOf = (isOn: number): RolloutArm => (isOn === 1 ? "on" : "off");
