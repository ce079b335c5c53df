import { dependenciesText, entryIdLength } from "./entry-format.ts";
import type { Generation } from "./generations.ts";

/** A head that was read before and found to be current. */
export interface KnownHead {
  readonly length: number;
  /** Of the server that it lay on. */
  readonly epoch: string;
  readonly generations: readonly Generation[];
}

interface Remembered {
  readonly known: KnownHead;
  /** A value's head of this kind. */
  readonly head: Buffer;
}

/**
 * Heads of values that were found to be current: values that depend on the same have the same head but for its id, so that the
 * next one's tags needn't be made text and looked up one by one, which takes longer than all else that a hit does here.
 */
export class KnownHeads {
  readonly #max: number;
  readonly #byText = new Map<string, Remembered>();
  /** Most values depend on the same as the one before: to compare bytes takes less than to make them text. */
  #last: Remembered | undefined;

  /** @param max heads to remember, ≥ 1 */
  constructor(max = 1000) {
    this.#max = max;
  }

  /** @returns what the value's head stands for, if all that it depends on is as it was */
  find(bytes: Buffer, epoch: string): KnownHead | undefined {
    let found = this.#last;
    if (found === undefined || !isAlike(bytes, found.head)) {
      const text = dependenciesText(bytes);
      found = text === undefined ? undefined : this.#byText.get(text);
      if (found === undefined) return undefined;
      this.#last = found;
    }
    const { known } = found;
    if (known.epoch !== epoch) return undefined;
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
    // A copy, since what was read is part of a larger chunk.
    this.#last = { known, head: Buffer.from(bytes.subarray(0, known.length)) };
    this.#byText.set(text, this.#last);
  }

  forget(): void {
    this.#byText.clear();
    this.#last = undefined;
  }
}

/** Does a value begin with this head, but for its id? The lengths that stand in a head are compared with it. */
function isAlike(bytes: Buffer, head: Buffer): boolean {
  if (bytes.length < head.length) return false;
  const idAt = 3 + head.readUInt16BE(1);
  for (let at = 0; at < idAt; at++) if (bytes[at] !== head[at]) return false;
  for (let at = idAt + entryIdLength; at < head.length; at++) if (bytes[at] !== head[at]) return false;
  return true;
}
