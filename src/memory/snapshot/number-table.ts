import { SnapshotFormatError } from "../../errors.ts";

const zero = 48;
const nine = 57;
const closingBracket = 93;

/** A column that is kept, of rows of numbers. */
export type Column = Uint8Array | Uint32Array;

/** Reads a JSON array of unsigned integers, as rows of a fixed width, of which it keeps some columns. */
export class NumberTable {
  readonly #name: string;
  readonly #columns: readonly (Column | undefined)[];
  readonly #rows: number;
  #row = 0;
  #column = 0;
  #value = 0;
  #hasDigits = false;

  /**
   * @param columns one for each number of a row; `undefined` are left out
   * @param rows how many there have to be
   */
  constructor(name: string, columns: readonly (Column | undefined)[], rows: number) {
    this.#name = name;
    this.#columns = columns;
    this.#rows = rows;
  }

  /**
   * @param at of the first byte to read, after the opening bracket
   * @returns of the first byte after the closing bracket; -1 when the array goes on in the next chunk
   */
  read(chunk: Uint8Array, at: number): number {
    const columns = this.#columns;
    const width = columns.length;
    const { length } = chunk;
    let row = this.#row;
    let column = this.#column;
    let value = this.#value;
    let hasDigits = this.#hasDigits;
    let place = at;
    for (; place < length; place++) {
      const byte = chunk[place] as number;
      if (byte >= zero && byte <= nine) {
        value = value * 10 + (byte - zero);
        hasDigits = true;
        continue;
      }
      if (hasDigits) {
        const kept = columns[column];
        if (kept !== undefined) kept[row] = value;
        value = 0;
        hasDigits = false;
        if (++column === width) {
          column = 0;
          row++;
        }
      }
      if (byte === closingBracket) break;
    }
    this.#row = row;
    this.#column = column;
    this.#value = value;
    this.#hasDigits = hasDigits;
    if (place === length) return -1;
    this.#checkEnd();
    return place + 1;
  }

  #checkEnd(): void {
    if (this.#row !== this.#rows || this.#column !== 0)
      throw new SnapshotFormatError(`it has ${this.#row} ${this.#name}, and says that it has ${this.#rows}`);
  }
}
