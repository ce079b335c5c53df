const quote = 34;
const backslash = 92;
const closingBracket = 93;

/** Reads a JSON array of strings, and decodes those that are asked for. What it keeps is their bytes in the file. */
export class StringTable {
  readonly #buffer: ArrayBuffer;
  readonly #bytes: Uint8Array;
  /** Of each string: where it begins and, one further, where it ends, without quotes. */
  #places = new Uint32Array(1 << 16);
  #length = 0;
  #used = 0;
  #isInside = false;
  #isEscaped = false;

  /** @param maxBytes of all strings, as they stand in the file; memory is taken as they come */
  constructor(maxBytes: number) {
    this.#buffer = new ArrayBuffer(0, { maxByteLength: maxBytes });
    this.#bytes = new Uint8Array(this.#buffer);
  }

  get length(): number {
    return this.#length >> 1;
  }

  /** @param index 0 ≤ index < length @returns "" beyond */
  at(index: number): string {
    const start = this.#places[2 * index];
    const end = this.#places[2 * index + 1];
    if (start === undefined || end === undefined || index >= this.length) return "";
    const text = Buffer.from(this.#buffer, start, end - start).toString();
    return text.includes("\\") ? (JSON.parse(`"${text}"`) as string) : text;
  }

  /** @returns indices of the strings that contain `text`, ascending; `text` needs no escapes in JSON */
  containing(text: string): number[] {
    const bytes = Buffer.from(this.#buffer);
    const found: number[] = [];
    let index = 0;
    for (let place = bytes.indexOf(text); place !== -1; place = bytes.indexOf(text, place)) {
      index = this.#indexAt(place, index);
      found.push(index);
      place = this.#places[2 * index + 1] as number;
    }
    return found;
  }

  /** @returns index of the string that holds the byte at `place`, `from` or later */
  #indexAt(place: number, from: number): number {
    let low = from;
    let high = this.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#places[2 * middle] as number) <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** @returns characters of the string as it stands in the file, which is at least as long as decoded */
  encodedLength(index: number): number {
    return (this.#places[2 * index + 1] ?? 0) - (this.#places[2 * index] ?? 0);
  }

  /** @returns place after the closing bracket; -1 when the array goes on in the next chunk */
  read(chunk: Uint8Array, at: number): number {
    const { length } = chunk;
    const offset = this.#used - at;
    let isInside = this.#isInside;
    let isEscaped = this.#isEscaped;
    let place = at;
    for (; place < length; place++) {
      const byte = chunk[place] as number;
      if (isInside) {
        if (isEscaped) isEscaped = false;
        else if (byte === backslash) isEscaped = true;
        else if (byte === quote) {
          isInside = false;
          this.#push(place + offset);
        }
      } else if (byte === quote) {
        isInside = true;
        this.#push(place + 1 + offset);
      } else if (byte === closingBracket) break;
    }
    this.#isInside = isInside;
    this.#isEscaped = isEscaped;
    const end = this.#used + (place - at);
    this.#buffer.resize(end);
    this.#bytes.set(chunk.subarray(at, place), this.#used);
    this.#used = end;
    return place === length ? -1 : place + 1;
  }

  #push(place: number): void {
    if (this.#length === this.#places.length) {
      const longer = new Uint32Array(2 * this.#places.length);
      longer.set(this.#places);
      this.#places = longer;
    }
    this.#places[this.#length++] = place;
  }
}
