import { ClosedError } from "../../errors.ts";
import type { QueryResult } from "../driver.ts";
import type { MysqlConnection, SessionFacts } from "./connection.ts";

/** A question that takes longer fails; the catalogue of many thousand tables takes seconds. */
const answerTimeoutMs = 30_000;

/**
 * One connection outside of the pool, for questions about the catalogue and for ending other sessions' statements:
 * opened at the first, opened anew when it was lost, one question at a time. Since it stands already, a statement can
 * be ended even when the server takes no more connections.
 */
export class SideSession {
  readonly #open: (signal: AbortSignal) => Promise<MysqlConnection>;
  #connection: MysqlConnection | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(open: (signal: AbortSignal) => Promise<MysqlConnection>) {
    this.#open = open;
  }

  query(sql: string): Promise<QueryResult> {
    return this.#inTurn(() => this.#ask(sql, AbortSignal.timeout(answerTimeoutMs)));
  }

  /**
   * Ends what another session is running.
   * @throws {Error} when this session is on another server, where the number means somebody else's session
   */
  kill({ id, server }: SessionFacts, signal: AbortSignal): Promise<void> {
    return this.#inTurn(async () => {
      signal.throwIfAborted();
      const connection = await this.#connected(signal);
      if (connection.session.server !== server || connection.proxied)
        throw new Error("KILL QUERY: the session is on another server");
      await this.#ask(`KILL QUERY ${id}`, signal);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    // A question under way would open a connection that nobody closes.
    await this.#queue;
    await this.#connection?.close();
  }

  #inTurn<T>(ask: () => Promise<T>): Promise<T> {
    const answer = this.#queue.then(ask);
    this.#queue = answer.catch(() => undefined);
    return answer;
  }

  async #ask(sql: string, signal: AbortSignal): Promise<QueryResult> {
    const kept = this.#connection?.usable === true;
    const connection = await this.#connected(signal);
    try {
      return await connection.query(sql, [], signal);
    } catch (error) {
      // One that had idled may have been cut meanwhile; both kinds of question may be asked twice.
      if (!kept || connection.usable || signal.aborted) throw error;
      return await (await this.#connected(signal)).query(sql, [], signal);
    }
  }

  async #connected(signal: AbortSignal): Promise<MysqlConnection> {
    if (this.#closed) throw new ClosedError("MySQL driver");
    if (this.#connection?.usable !== true) this.#connection = await this.#open(signal);
    return this.#connection;
  }
}
