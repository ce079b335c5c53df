import { systemClock } from "../../clock.ts";
import { RolledBackError } from "../../errors.ts";
import { cancellable } from "../cancellable.ts";
import type { DriverConnection, QueryResult } from "../driver.ts";
import { runBatch } from "./batch.ts";
import { requestCancel } from "./cancel-request.ts";
import { NamedStatements } from "./named-statements.ts";
import type { PgClient, PgClientConfig, PgError, PgModule, PgResult, PrepareValue } from "./pg-client.ts";
import { type PipelineStep, RowPipeline } from "./row-pipeline.ts";

/** How long a cancelled statement may take to end before its connection is cut. */
export const cancelWaitMs = 500;
const closeWaitMs = 1_000;
/** Statements that one connection keeps prepared; each costs the server some ten kilobytes. */
export const maxNamedStatements = 250;

export interface PostgresConnectionOptions {
  /** `undefined`: prepare unless a pooler such as PgBouncer stands in between. */
  readonly prepare: boolean | undefined;
}

/** A session with the server, by the package `pg`. */
export class PostgresConnection implements DriverConnection {
  /** `server_version_num`: 180004 for 18.4. */
  readonly serverVersion: number;
  /** Another process, a pooler such as PgBouncer, answers in the server's place. */
  readonly pooled: boolean;
  readonly client: PgClient;
  readonly #pg: PgModule;
  readonly #prepareValue: PrepareValue;
  readonly #statements: NamedStatements | undefined;
  #usable = true;
  #running = 0;
  /** Of the last ReadyForQuery: I idle, T in a transaction, E in a failed one. */
  #status = "I";

  private constructor(
    pg: PgModule,
    prepareValue: PrepareValue,
    client: PgClient,
    probe: { readonly pid: number; readonly version: number },
    options: PostgresConnectionOptions,
  ) {
    this.#pg = pg;
    this.#prepareValue = prepareValue;
    this.client = client;
    this.serverVersion = probe.version;
    // A pooler hands out cancellation keys of its own, since the server behind changes.
    this.pooled = client.processID !== probe.pid;
    if (options.prepare ?? !this.pooled)
      this.#statements = new NamedStatements(client.connection, maxNamedStatements);
    client.on("error", () => {
      this.#usable = false;
    });
    client.on("end", () => {
      this.#usable = false;
    });
    client.connection.on("readyForQuery", ({ status }) => {
      if (status !== undefined) this.#status = status;
    });
    client.connection.stream.unref?.();
  }

  /** Opens a session; when `signal` aborts, nothing stays open. Idle, it doesn't keep the process alive. */
  static async open(
    pg: PgModule,
    prepareValue: PrepareValue,
    config: PgClientConfig,
    options: PostgresConnectionOptions,
    signal?: AbortSignal,
  ): Promise<PostgresConnection> {
    signal?.throwIfAborted();
    const client = new pg.Client(config);
    // An 'error' event without a listener would end the process; while connecting, the promise tells it.
    client.on("error", () => undefined);
    const cut = (): void => void client.connection.stream.destroy();
    signal?.addEventListener("abort", cut, { once: true });
    try {
      await client.connect();
      const result = await client.query({
        text: "SELECT pg_catalog.pg_backend_pid() AS pid, pg_catalog.current_setting('server_version_num')::int4 AS version",
      });
      signal?.throwIfAborted();
      const [probe] = last(result).rows;
      return new PostgresConnection(
        pg,
        prepareValue,
        client,
        { pid: Number(probe?.pid), version: Number(probe?.version) },
        options,
      );
    } catch (error) {
      cut();
      throw signal?.aborted ? signal.reason : error;
    } finally {
      signal?.removeEventListener("abort", cut);
    }
  }

  get usable(): boolean {
    return this.#usable;
  }
  get inTransaction(): boolean {
    return this.#status !== "I";
  }
  /** Statements that are prepared on the server under a name. */
  get namedStatements(): number {
    return this.#statements?.size ?? 0;
  }

  async query(sql: string, params: readonly unknown[], signal?: AbortSignal): Promise<QueryResult> {
    const statements = needsSimpleProtocol(sql, params) ? undefined : this.#statements;
    for (let attempt = 1; ; attempt++) {
      const idle = !this.inTransaction;
      try {
        const result = await this.#run(
          () =>
            this.client.query(
              statements
                ? { name: statements.nameOf(sql), text: sql, values: params }
                : { text: sql, values: params },
            ),
          signal,
        );
        const answer = last(result);
        // Of a failed transaction the server says so in the answer's tag alone.
        if (answer.command === "ROLLBACK" && sql === "COMMIT") throw new RolledBackError();
        return toQueryResult(answer);
      } catch (error) {
        // When a value can't be converted, pg drops the statement on the server and still takes it for prepared.
        const stale = isStalePlan(error) || !isServerError(error);
        if (statements && stale && this.#usable) statements.forget(sql);
        // A failed statement has spoilt a transaction; outside of one, it did nothing and may go again.
        if (!(isStalePlan(error) && statements && idle && attempt === 1)) throw error;
      }
    }
  }

  /**
   * Sends statements for many rows at once.
   * @returns what was done; a run that failed stands in `failure`, with its index in `completed`
   */
  async pipeline(steps: readonly PipelineStep[], signal?: AbortSignal): Promise<RowPipeline> {
    const pipeline = new RowPipeline(steps);
    try {
      await this.#run(() => {
        this.client.query(pipeline);
        return pipeline.done;
      }, signal);
    } catch (error) {
      if (signal?.aborted) throw error;
      pipeline.failure = error;
    }
    return pipeline;
  }

  batch(sql: string, rows: readonly (readonly unknown[])[], signal?: AbortSignal): Promise<number> {
    return runBatch(this, this.#prepareValue, sql, rows, signal);
  }

  async ping(signal?: AbortSignal): Promise<void> {
    await this.#run(() => this.client.query({ text: "SELECT 1" }), signal);
  }

  async reset(): Promise<void> {
    // Behind a pooler, the session isn't ours to reset: the next statement runs in another one.
    if (this.pooled) return;
    await this.#run(() => this.client.query({ text: "DISCARD ALL" }));
    this.#statements?.clear();
  }

  async close(): Promise<void> {
    this.#usable = false;
    this.client.connection.stream.ref?.();
    const ended = this.client.end();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = systemClock.setTimeout(resolve, closeWaitMs);
    await Promise.race([ended, late]);
    systemClock.clearTimeout(timer);
    this.destroy();
  }

  destroy(): void {
    this.#usable = false;
    this.client.connection.stream.destroy();
  }

  /** Runs what `start` sends; keeps the process alive meanwhile, and cancels it on the server when `signal` aborts. */
  async #run<T>(start: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.#running++ === 0) this.client.connection.stream.ref?.();
    try {
      const running = start();
      return await (signal ? cancellable(running, signal, () => this.#cancel(running)) : running);
    } catch (error) {
      if (isFatal(error)) this.#usable = false;
      throw error;
    } finally {
      if (--this.#running === 0) this.client.connection.stream.unref?.();
    }
  }

  async #cancel(running: Promise<unknown>): Promise<void> {
    const request = requestCancel(this.#pg, this.client);
    const { promise: late, resolve } = Promise.withResolvers<"late">();
    const timer = systemClock.setTimeout(() => resolve("late"), cancelWaitMs);
    const ended = running.then(
      () => undefined,
      () => undefined,
    );
    // Both must be over: a cancellation that came late would hit the connection's next statement.
    const outcome = await Promise.race([Promise.all([ended, request.done]), late]);
    systemClock.clearTimeout(timer);
    // A pooler passes cancellations on in its own time.
    if (outcome === "late" || this.pooled) {
      request.abandon();
      this.destroy();
    }
  }
}

function last(result: PgResult | PgResult[]): PgResult {
  return Array.isArray(result) ? (result.at(-1) as PgResult) : result;
}

function toQueryResult(result: PgResult): QueryResult {
  return { rows: result.rows, rowCount: result.rowCount ?? 0 };
}

/** Several statements in one text can't be prepared, nor can EXPLAIN ask for a generic plan with values missing. */
function needsSimpleProtocol(sql: string, params: readonly unknown[]): boolean {
  if (params.length > 0) return false;
  const semicolon = sql.indexOf(";");
  return (
    (semicolon >= 0 && sql.slice(semicolon + 1).trim() !== "") || sql.startsWith("EXPLAIN (GENERIC_PLAN)")
  );
}

function isServerError(error: unknown): boolean {
  return typeof (error as PgError | undefined)?.severity === "string";
}

/** The session is over: FATAL errors are of class 57P (the server ends it), all else says that the socket broke. */
function isFatal(error: unknown): boolean {
  if (!isServerError(error)) return false;
  const { severity, code = "" } = error as PgError;
  return severity === "FATAL" || severity === "PANIC" || /^57P0[1-5]$/.test(code);
}

/**
 * The server has dropped or can't use what was prepared, and has done nothing yet:
 * 26000 no such statement, 42P05 a statement of this name exists already, 0A000 its result changed with the schema.
 */
function isStalePlan(error: unknown): boolean {
  if (!isServerError(error)) return false;
  const { code, routine } = error as PgError;
  return code === "26000" || code === "42P05" || (code === "0A000" && routine === "RevalidateCachedQuery");
}
