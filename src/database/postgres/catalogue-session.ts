import { ClosedError } from "../../errors.ts";
import type { QueryResult } from "../driver.ts";
import type { PostgresConnection } from "./connection.ts";

/** A question to the catalogue that takes longer fails; the statement it was about then isn't cached. */
const answerTimeoutMs = 5_000;

/**
 * One connection for questions about the catalogue, outside of the pool: opened at the first, opened anew when it
 * was lost, one question at a time.
 */
export class CatalogueSession {
  readonly #open: (signal: AbortSignal) => Promise<PostgresConnection>;
  #connection: PostgresConnection | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(open: (signal: AbortSignal) => Promise<PostgresConnection>) {
    this.#open = open;
  }

  query(sql: string, params: readonly unknown[]): Promise<QueryResult> {
    const answer = this.#queue.then(() => this.#ask(sql, params));
    this.#queue = answer.catch(() => undefined);
    return answer;
  }

  async close(): Promise<void> {
    this.#closed = true;
    // A question under way would open a connection that nobody closes.
    await this.#queue;
    await this.#connection?.close();
  }

  async #ask(sql: string, params: readonly unknown[]): Promise<QueryResult> {
    if (this.#closed) throw new ClosedError("PostgreSQL driver");
    const signal = AbortSignal.timeout(answerTimeoutMs);
    const kept = this.#connection?.usable === true ? this.#connection : undefined;
    try {
      this.#connection = kept ?? (await this.#open(signal));
      return await this.#connection.query(sql, params, signal);
    } catch (error) {
      // One that had idled may have been cut meanwhile; a question changes nothing, so it may be asked again.
      if (!kept || kept.usable || signal.aborted) throw error;
      this.#connection = await this.#open(signal);
      return await this.#connection.query(sql, params, signal);
    }
  }
}
