import { dependenciesText } from "./entry-format.ts";
import type { Generation } from "./generations.ts";

/** A head that was read before and found to be current. */
export interface KnownHead {
  readonly length: number;
  /** Of the server that it lay on. */
  readonly epoch: string;
  readonly generations: readonly Generation[];
}

/**
 * Heads of values that were found to be current: values that depend on the same have the same head but for its id, so that the
 * next one's tags needn't be made text and looked up one by one, which takes longer than all else that a hit does here.
 */
export class KnownHeads {
  readonly #max: number;
  readonly #byText = new Map<string, KnownHead>();

  /** @param max heads to remember, ≥ 1 */
  constructor(max = 1000) {
    this.#max = max;
  }

  /** @returns what the value's head stands for, if all that it depends on is as it was */
  find(bytes: Buffer, epoch: string): KnownHead | undefined {
    const text = dependenciesText(bytes);
    const known = text === undefined ? undefined : this.#byText.get(text);
    if (known === undefined || known.epoch !== epoch) return undefined;
    for (const generation of known.generations) if (!generation.isAlive) return undefined;
    return known;
  }

  /** @param bytes a value whose head was just compared with the generations */
  remember(bytes: Buffer, known: KnownHead): void {
    const text = dependenciesText(bytes);
    if (text === undefined) return;
    this.#byText.delete(text);
    if (this.#byText.size >= this.#max) {
      const [oldest] = this.#byText.keys();
      if (oldest !== undefined) this.#byText.delete(oldest);
    }
    this.#byText.set(text, known);
  }

  forget(): void {
    this.#byText.clear();
  }
}
