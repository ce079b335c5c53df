import { systemClock } from "../../clock.ts";
import { RolledBackError } from "../../errors.ts";
import { cancellable } from "../cancellable.ts";
import type { DriverConnection, QueryResult } from "../driver.ts";
import { runBatch } from "./batch.ts";
import { readMoments } from "./moments.ts";
import type {
  IntegerParameters,
  MysqlAnswer,
  MysqlCallback,
  MysqlClient,
  MysqlError,
  MysqlHeader,
  MysqlRows,
} from "./mysql-client.ts";
import { positional, wireValue } from "./parameters.ts";

/** How long a cancelled statement may take to end before its connection is cut. */
export const cancelWaitMs = 500;
const closeWaitMs = 1_000;
/** SERVER_STATUS_IN_TRANS. */
const inTransactionBit = 1;
/** This statement can't be prepared. */
const unsupportedByPrepare = 1295;

/** What the server says of itself and of a session, once it is open. */
export interface SessionFacts {
  /** The server's own number of the session, as KILL takes it. */
  readonly id: string;
  /** Tells one server from another behind the same address. */
  readonly server: string;
  readonly maxPacketBytes: number;
}

/** How values go over the wire. */
export interface WireSettings {
  /** Offset of the session, such as `+02:00`. */
  readonly zone: string;
  /** How mysql2 is told of an integer, where its release can be. */
  readonly integers: IntegerParameters | undefined;
}

/** Ends what a session is running, from another one. */
export type KillQuery = (session: SessionFacts, signal: AbortSignal) => Promise<void>;

const sessionSql = `SELECT CONNECTION_ID() AS id, @@max_allowed_packet AS maxPacketBytes,
  CONCAT_WS('/', @@hostname, @@port, @@server_id, @@datadir) AS server`;

/** A session with the server, by the package `mysql2`. */
export class MysqlConnection implements DriverConnection {
  readonly session: SessionFacts;
  /** Another process, a proxy such as ProxySQL, answers in the server's place. */
  readonly proxied: boolean;
  readonly #client: MysqlClient;
  readonly #kill: KillQuery | undefined;
  readonly #wire: WireSettings;
  #usable = true;
  #running = 0;
  #inTransaction = false;
  /** The server has undone the transaction by itself, as it does at a deadlock. */
  #undone = false;

  private constructor(
    client: MysqlClient,
    session: SessionFacts,
    kill: KillQuery | undefined,
    wire: WireSettings,
  ) {
    this.#client = client;
    this.#wire = wire;
    this.session = session;
    this.proxied = String(client.threadId) !== session.id;
    this.#kill = kill;
    client.on("error", () => {
      this.#usable = false;
    });
    client.on("end", () => {
      this.#usable = false;
    });
    client.stream.unref?.();
  }

  /**
   * Opens a session; when `signal` aborts, nothing stays open. Idle, it doesn't keep the process alive.
   * @param setup statements that put the session into its initial state
   */
  static async open(
    create: () => MysqlClient,
    setup: readonly string[],
    kill: KillQuery | undefined,
    wire: WireSettings,
    signal?: AbortSignal,
  ): Promise<MysqlConnection> {
    signal?.throwIfAborted();
    const client = create();
    // An 'error' event without a listener would end the process; while connecting, the promise tells it.
    client.on("error", () => undefined);
    const { promise: aborted, reject: abort } = Promise.withResolvers<never>();
    aborted.catch(() => undefined);
    const onAbort = (): void => abort(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await Promise.race([connected(client), aborted]);
      for (const sql of setup) await Promise.race([ask(client, sql), aborted]);
      const [row] = toQueryResult(await Promise.race([ask(client, sessionSql), aborted])).rows;
      const session: SessionFacts = {
        id: String(row?.id),
        server: String(row?.server),
        maxPacketBytes: Number(row?.maxPacketBytes),
      };
      return new MysqlConnection(client, session, kill, wire);
    } catch (error) {
      client.stream.destroy();
      throw error;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  get usable(): boolean {
    return this.#usable;
  }

  /** With parameters a statement is prepared, and kept so; without, it goes as text. */
  async query(sql: string, params: readonly unknown[], signal?: AbortSignal): Promise<QueryResult> {
    if (this.#undone) {
      this.#undone = false;
      // It has begun nothing else since: a rollback has nothing to do, anything else would stand alone.
      if (sql !== "ROLLBACK") {
        this.#undone = sql !== "COMMIT";
        throw new RolledBackError();
      }
    }
    // Before anything is sent: what mysql2 itself fails at later costs the connection.
    const { text, values } = bound(sql, params, this.#wire.integers);
    try {
      const answer = await this.#run(() => this.#send(text, values), signal);
      if (sql === "BEGIN") this.#inTransaction = true;
      else if (sql === "COMMIT" || sql === "ROLLBACK") this.#inTransaction = false;
      return toQueryResult(answer);
    } catch (error) {
      if (this.#inTransaction && this.#usable && !signal?.aborted) await this.#lookForTransaction();
      throw error;
    }
  }

  batch(sql: string, rows: readonly (readonly unknown[])[], signal?: AbortSignal): Promise<number> {
    return runBatch(this, sql, rows, signal);
  }

  async ping(signal?: AbortSignal): Promise<void> {
    await this.#run(() => ask(this.#client, "DO 0"), signal);
  }

  async close(): Promise<void> {
    this.#usable = false;
    this.#client.stream.ref?.();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    this.#client.end(() => resolve());
    const timer = systemClock.setTimeout(resolve, closeWaitMs);
    await ended;
    systemClock.clearTimeout(timer);
    this.destroy();
  }

  destroy(): void {
    this.#usable = false;
    this.#client.stream.destroy();
  }

  async #send(text: string, values: readonly unknown[]): Promise<MysqlAnswer> {
    const { zone } = this.#wire;
    if (values.length === 0) return ask(this.#client, text, zone);
    try {
      return await new Promise((resolve, reject) => {
        this.#client.execute(text, values, settle(resolve, reject, zone));
      });
    } catch (error) {
      const { errno } = error as MysqlError;
      if (errno === unsupportedByPrepare)
        throw new TypeError("the server can't prepare this statement: write its values into the text", {
          cause: error,
        });
      throw error;
    }
  }

  /** Did the statement that failed take the transaction with it? Deadlocks do, and what the server is set up to. */
  async #lookForTransaction(): Promise<void> {
    try {
      const answer = await this.#run(() => ask(this.#client, "DO 0"));
      const { serverStatus } = answer as MysqlHeader;
      if ((serverStatus & inTransactionBit) !== 0) return;
    } catch {
      // The connection broke meanwhile, and the transaction with it; `usable` tells so, or the next statement will.
    }
    this.#inTransaction = false;
    this.#undone = true;
  }

  /** Runs what `start` sends; keeps the process alive meanwhile, and ends it on the server when `signal` aborts. */
  async #run<T>(start: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.#running++ === 0) this.#client.stream.ref?.();
    try {
      const running = start().catch((error: unknown) => {
        if (isFatal(error)) this.#usable = false;
        throw error;
      });
      return await (signal ? cancellable(running, signal, () => this.#cancel(running)) : running);
    } finally {
      if (--this.#running === 0) this.#client.stream.unref?.();
    }
  }

  async #cancel(running: Promise<unknown>): Promise<void> {
    // A proxy's number of the session may be another session's on the server.
    if (this.#kill === undefined || this.proxied) {
      this.destroy();
      return;
    }
    const late = new AbortController();
    const timer = systemClock.setTimeout(() => late.abort(new Error("KILL QUERY: no answer")), cancelWaitMs);
    const { promise: lateness, resolve } = Promise.withResolvers<void>();
    late.signal.addEventListener("abort", () => resolve(), { once: true });
    const ended = running.then(
      () => undefined,
      () => undefined,
    );
    // Both must be over: a KILL that came late would hit the connection's next statement.
    const killed = this.#kill(this.session, late.signal).catch((error: unknown) => late.abort(error));
    await Promise.race([Promise.all([ended, killed]), lateness]);
    systemClock.clearTimeout(timer);
    if (late.signal.aborted) this.destroy();
    // Should it have come after the statement's end, it hits this one.
    else await ask(this.#client, "DO 0").catch(() => undefined);
  }
}

/** A statement without parameters goes as it is. */
function bound(
  sql: string,
  params: readonly unknown[],
  integers: IntegerParameters | undefined,
): { readonly text: string; readonly values: readonly unknown[] } {
  if (params.length === 0) return { text: sql, values: params };
  const { text, order } = positional(sql);
  const inOrder = order === undefined ? params : order.map((index) => params[index]);
  return { text, values: inOrder.map((value) => wireValue(value, integers)) };
}

function connected(client: MysqlClient): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once("connect", resolve);
    client.once("error", reject);
  });
}

function ask(client: MysqlClient, sql: string, zone = "Z"): Promise<MysqlAnswer> {
  return new Promise((resolve, reject) => {
    client.query(sql, settle(resolve, reject, zone));
  });
}

function settle(
  resolve: (answer: MysqlAnswer) => void,
  reject: (error: MysqlError) => void,
  zone: string,
): MysqlCallback {
  return (error, answer, fields) => {
    if (error) return reject(error);
    readMoments(answer, fields, zone);
    resolve(answer);
  };
}

/** A CALL answers with several results: the first one with rows is taken, else what it changed. */
function toQueryResult(answer: MysqlAnswer): QueryResult {
  if (!Array.isArray(answer)) return fromHeader(answer);
  // Rows of one result are plain objects all.
  if (answer.length === 0 || !isHeader(answer[0]!))
    return { rows: answer as MysqlRows, rowCount: answer.length };
  const results = answer as (MysqlRows | MysqlHeader)[];
  const rows = results.find((each) => Array.isArray(each));
  return rows === undefined ? fromHeader(results.at(-1) as MysqlHeader) : { rows, rowCount: rows.length };
}

/** mysql2's headers are instances of a class, its rows aren't. */
function isHeader(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype !== Object.prototype && prototype !== null;
}

function fromHeader({ affectedRows, insertId }: MysqlHeader): QueryResult {
  if (insertId === 0) return { rows: [], rowCount: affectedRows };
  const lastInsertRowid = typeof insertId === "string" ? BigInt(insertId) : insertId;
  return { rows: [], rowCount: affectedRows, lastInsertRowid };
}

/**
 * The session is over: mysql2 says so, or the server (it shuts down, or the session was killed). So it is when the error
 * isn't the server's: mysql2 gives up a result at a row that it can't read, and the next statement would get the rest.
 */
function isFatal(error: unknown): boolean {
  const { fatal, errno, cause } = error as MysqlError;
  const isServers = errno !== undefined || (cause as MysqlError | undefined)?.errno !== undefined;
  return (
    fatal === true ||
    !isServers ||
    errno === 1053 ||
    errno === 1927 ||
    errno === 1077 ||
    errno === 1152 ||
    errno === 4031
  );
}
