import type { PgWire } from "./pg-client.ts";

/**
 * Names under which one connection has statements prepared, least recently used first.
 * A name is never used twice, so that it can't stand for another text.
 */
export class NamedStatements {
  readonly #names = new Map<string, string>();
  readonly #wire: PgWire;
  readonly #limit: number;
  #serial = 0;

  /** @param limit statements kept prepared on the server, ≥ 1 */
  constructor(wire: PgWire, limit: number) {
    this.#wire = wire;
    this.#limit = limit;
  }
  get size(): number {
    return this.#names.size;
  }

  /** The statement's name; a new one pushes out the one that was used longest ago. */
  nameOf(sql: string): string {
    const known = this.#names.get(sql);
    if (known !== undefined) {
      this.#names.delete(sql);
      this.#names.set(sql, known);
      return known;
    }
    if (this.#names.size >= this.#limit) {
      const [oldest] = this.#names.keys();
      if (oldest !== undefined) this.forget(oldest);
    }
    const name = `victor_${++this.#serial}`;
    this.#names.set(sql, name);
    return name;
  }

  /** Frees the statement on the server, too; the message travels with the next statement, so it costs no round trip. */
  forget(sql: string): void {
    const name = this.#names.get(sql);
    if (name === undefined) return;
    this.#names.delete(sql);
    delete this.#wire.parsedStatements[name];
    this.#wire.close({ type: "S", name });
  }

  /** After the server has dropped them all. */
  clear(): void {
    for (const name of this.#names.values()) delete this.#wire.parsedStatements[name];
    this.#names.clear();
  }
}
