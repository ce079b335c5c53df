import { Buffer } from "node:buffer";
import type { RecordPlaces, RingCodec } from "./ring-codec.ts";
import { asciiFlag, lengthMask } from "./ring-codec.ts";

const blank = 0x20;
const comma = 0x2c;

/** Records with more bytes than these between them, on average, are copied one by one. At least there are 4, the head. */
const mostGapBytes = 32;

/**
 * Anything that JSON can say. Text that is pure ASCII is written and read as Latin-1, other text as UTF-8; `v8.serialize`
 * takes several times as long as JSON for small objects. Several records are read as one array: they are copied as they
 * stand, what lies between two is overwritten by a comma and blanks, and all are parsed at once, in half the time.
 */
export class JsonCodec<T> implements RingCodec<T, string, string> {
  readonly #bytes: Buffer;
  #scratch = Buffer.alloc(4096);

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  encode(item: T): string {
    const text: string | undefined = JSON.stringify(item);
    if (text === undefined)
      throw new TypeError(`ring: expected something that JSON can say, got ${typeof item}`);
    return text;
  }

  keep(text: string): string {
    return text;
  }

  head(text: string): number {
    const length = Buffer.byteLength(text);
    return length === text.length ? length | asciiFlag : length;
  }

  write(text: string, head: number, at: number): void {
    if ((head & asciiFlag) !== 0) this.#bytes.write(text, at, text.length, "latin1");
    else this.#bytes.write(text, at, head, "utf8");
  }

  read(head: number, at: number): string {
    const end = at + (head & lengthMask);
    return (head & asciiFlag) !== 0
      ? this.#bytes.toString("latin1", at, end)
      : this.#bytes.toString("utf8", at, end);
  }

  decode(text: string): T {
    return JSON.parse(text);
  }

  readMany({ heads, ats }: RecordPlaces, count: number): string {
    if (count === 1) return this.read(heads[0]!, ats[0]!);
    const start = ats[0]!;
    const span = ats[count - 1]! + (heads[count - 1]! & lengthMask) - start;
    let total = count;
    let ascii = asciiFlag;
    for (let i = 0; i < count; i++) {
      total += heads[i]! & lengthMask;
      ascii &= heads[i]!;
    }
    const whole = span - total <= count * mostGapBytes;
    const needed = Math.max(total, whole ? span : 0);
    if (this.#scratch.length < needed) this.#scratch = Buffer.alloc(2 * needed);
    const scratch = this.#scratch;
    if (whole) scratch.set(this.#bytes.subarray(start, start + span));
    let end = 0;
    for (let i = 0; i < count; i++) {
      if (i > 0) scratch[end++] = comma;
      const at = ats[i]!;
      const length = heads[i]! & lengthMask;
      if (whole) while (end < at - start) scratch[end++] = blank;
      else scratch.set(this.#bytes.subarray(at, at + length), end);
      end += length;
    }
    return ascii !== 0 ? scratch.toString("latin1", 0, end) : scratch.toString("utf8", 0, end);
  }

  decodeMany(texts: string): T[] {
    return JSON.parse(`[${texts}]`);
  }
}
