/** Deeper, or larger, no schema is taken: a hostile server's must not exhaust the stack or the memory. */
export const schemaBounds = Object.freeze({ depth: 64, values: 20_000, characters: 1_000_000 });

/**
 * Writes JSON with sorted keys, so that equal schemas give equal texts.
 * @throws {RangeError} saying why, when the value is no JSON, contains itself, or exceeds {@link schemaBounds}
 */
export function canonicalJson(value: unknown): string {
  return new CanonicalWriter().write(value);
}

class CanonicalWriter {
  readonly #ancestors: object[] = [];
  #values = 0;
  #characters = 0;

  write(value: unknown): string {
    if (++this.#values > schemaBounds.values)
      throw new RangeError(`has more than ${schemaBounds.values} values`);
    if (typeof value === "object" && value !== null) return this.#nested(value);
    if (typeof value === "bigint" || typeof value === "function" || typeof value === "symbol")
      throw new RangeError(`expected JSON, got a ${typeof value}`);
    return this.#counted(JSON.stringify(value) ?? "null");
  }

  #nested(value: object): string {
    if (this.#ancestors.includes(value)) throw new RangeError("contains itself");
    if (this.#ancestors.length >= schemaBounds.depth)
      throw new RangeError(`is nested deeper than ${schemaBounds.depth} levels`);
    // Before the items are looked at: a list may be long and have none.
    if (Array.isArray(value) && value.length > schemaBounds.values)
      throw new RangeError(`has more than ${schemaBounds.values} values`);
    this.#ancestors.push(value);
    const text = Array.isArray(value)
      ? `[${value.map((item) => this.write(item)).join()}]`
      : `{${this.#members(value as Readonly<Record<string, unknown>>).join()}}`;
    this.#ancestors.pop();
    return text;
  }

  #members(value: Readonly<Record<string, unknown>>): string[] {
    return Object.keys(value)
      .filter((key) => value[key] !== undefined)
      .sort()
      .map((key) => `${this.#counted(JSON.stringify(key))}:${this.write(value[key])}`);
  }

  #counted(text: string): string {
    this.#characters += text.length;
    if (this.#characters > schemaBounds.characters)
      throw new RangeError(`has more than ${schemaBounds.characters} characters`);
    return text;
  }
}
