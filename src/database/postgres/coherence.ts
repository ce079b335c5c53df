import type { Clock, TimerHandle } from "../../clock.ts";
import { CoherenceUnavailableError } from "../../errors.ts";
import type { Coherence } from "../driver.ts";
import type { InvalidationSink } from "../engine.ts";
import type { PostgresConnection } from "./connection.ts";
import { ddlTriggerName, notifyChannel, schemaChanged } from "./notify-triggers.ts";

/** How often the listening connection is proven alive, and the schema compared. */
export const pingIntervalMs = 1_000;
/** An answer that takes longer counts as a lost connection. */
export const pingTimeoutMs = 2_000;
const connectTimeoutMs = 5_000;
const firstRetryMs = 50;
const lastRetryMs = 5_000;

/** Nobody else writes, or the user takes results as old as their time to live. */
export const alwaysCoherent: Coherence = Object.freeze({
  coherent: () => true,
  close: () => Promise.resolve(),
});

/**
 * Proves the connection alive. Where the event trigger tells of DDL, that is all; elsewhere the answer changes with
 * every definition that a result may depend on, other than temporary ones: each row of a catalogue carries the
 * transaction that wrote it last.
 */
const schemaPrintSql = `
SELECT CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_event_trigger WHERE evtname = '${ddlTriggerName}' AND evtenabled = 'A')
THEN 'notified' ELSE pg_catalog.concat_ws(' ',
  (SELECT pg_catalog.sum(pg_catalog.hashtext(pg_catalog.concat(c.oid, ':', c.xmin))::int8) FROM pg_catalog.pg_class c
   WHERE c.oid >= 16384 AND c.relpersistence <> 't'),
  (SELECT pg_catalog.sum(pg_catalog.hashtext(pg_catalog.concat(a.attrelid, ':', a.attnum, ':', a.xmin))::int8)
   FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
   WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'v', 'm') AND c.relpersistence <> 't' AND a.attnum > 0),
  (SELECT pg_catalog.sum(pg_catalog.hashtext(pg_catalog.concat(t.oid, ':', t.xmin))::int8) FROM pg_catalog.pg_trigger t
   WHERE t.oid >= 16384),
  (SELECT pg_catalog.sum(pg_catalog.hashtext(pg_catalog.concat(i.inhrelid, ':', i.xmin))::int8)
   FROM pg_catalog.pg_inherits i),
  (SELECT pg_catalog.sum(pg_catalog.hashtext(pg_catalog.concat(p.oid, ':', p.xmin))::int8) FROM pg_catalog.pg_proc p
   WHERE p.oid >= 16384),
  (SELECT pg_catalog.sum(pg_catalog.hashtext(pg_catalog.concat(r.oid, ':', r.xmin))::int8) FROM pg_catalog.pg_rewrite r
   WHERE r.oid >= 16384),
  (SELECT pg_catalog.sum(pg_catalog.hashtext(pg_catalog.concat(e.oid, ':', e.xmin))::int8) FROM pg_catalog.pg_enum e)
) END AS print`;

/**
 * Listens for the notices of our triggers on a connection of its own. Coherent as long as that connection lives:
 * once it is lost, nothing may be cached until it stands again and all that was cached before is void.
 *
 * A network that swallows packets without closing the connection goes unnoticed for up to
 * `pingIntervalMs + pingTimeoutMs`; so does another process's DDL, for `pingIntervalMs`, without the event trigger.
 * Our own writes come back as notices, too, and void by table what they had voided by row or column. They are not told
 * apart: they also stand in for what a write did that its facts could not know, such as a trigger made by others.
 */
export class NotifyCoherence implements Coherence {
  readonly #open: (signal: AbortSignal) => Promise<PostgresConnection>;
  readonly #sink: InvalidationSink;
  readonly #clock: Clock;
  #connection: PostgresConnection | undefined;
  #schemaPrint: unknown;
  #retryMs = firstRetryMs;
  #timer: TimerHandle | undefined;
  readonly #closing = new AbortController();

  private constructor(
    open: (signal: AbortSignal) => Promise<PostgresConnection>,
    sink: InvalidationSink,
    clock: Clock,
  ) {
    this.#open = open;
    this.#sink = sink;
    this.#clock = clock;
  }

  /**
   * @param open  opens a session with the server itself
   * @throws {CoherenceUnavailableError} when a pooler stands in between
   */
  static async start(
    open: (signal: AbortSignal) => Promise<PostgresConnection>,
    sink: InvalidationSink,
    clock: Clock,
    signal?: AbortSignal,
  ): Promise<NotifyCoherence> {
    const coherence = new NotifyCoherence(open, sink, clock);
    await coherence.#listen(signal);
    return coherence;
  }

  coherent(): boolean {
    return this.#connection?.usable === true;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#clock.clearTimeout(this.#timer);
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close();
  }

  /** Opens a session, listens, and only then is coherent. */
  async #listen(signal?: AbortSignal): Promise<void> {
    const late = new AbortController();
    const timer = this.#clock.setTimeout(
      () => late.abort(new Error(`LISTEN: no connection within ${connectTimeoutMs} ms`)),
      connectTimeoutMs,
    );
    const bounds = AbortSignal.any([late.signal, this.#closing.signal, ...(signal ? [signal] : [])]);
    let connection: PostgresConnection | undefined;
    try {
      connection = await this.#open(bounds);
      if (connection.pooled)
        throw new CoherenceUnavailableError(
          'coherence "notify" needs LISTEN, which a pooler such as PgBouncer does not pass on: give the server\'s own URL, or choose "exclusive" or "ttl"',
        );
      this.#watch(connection);
      await connection.query(`LISTEN ${notifyChannel}`, [], bounds);
      const [row] = (await connection.query(schemaPrintSql, [], bounds)).rows;
      if (this.#schemaPrint !== undefined) {
        // What was changed while nobody listened has no notice.
        this.#sink.schema();
        this.#sink.everything();
      }
      this.#schemaPrint = row?.print;
      bounds.throwIfAborted();
      this.#connection = connection;
      this.#retryMs = firstRetryMs;
      this.#pingLater(connection);
    } catch (error) {
      connection?.destroy();
      throw error;
    } finally {
      this.#clock.clearTimeout(timer);
    }
  }

  #watch(connection: PostgresConnection): void {
    const { client } = connection;
    client.on("notification", ({ channel, payload }) => {
      if (channel !== notifyChannel) return;
      if (payload === undefined || payload === schemaChanged) this.#sink.schema();
      else this.#sink.tables([payload]);
    });
    client.on("error", () => this.#lost(connection));
    client.on("end", () => this.#lost(connection));
  }

  #pingLater(connection: PostgresConnection): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.#ping(connection).catch(() => this.#lost(connection));
    }, pingIntervalMs);
  }

  async #ping(connection: PostgresConnection): Promise<void> {
    const timer = this.#clock.setTimeout(() => this.#lost(connection), pingTimeoutMs);
    try {
      const [row] = (await connection.query(schemaPrintSql, [])).rows;
      if (connection !== this.#connection) return;
      if (row?.print !== this.#schemaPrint) {
        this.#schemaPrint = row?.print;
        this.#sink.schema();
      }
      this.#pingLater(connection);
    } finally {
      this.#clock.clearTimeout(timer);
    }
  }

  #lost(connection: PostgresConnection): void {
    connection.destroy();
    // Told several times of one loss, by its error, its end and its ping.
    if (connection !== this.#connection) return;
    this.#connection = undefined;
    this.#clock.clearTimeout(this.#timer);
    this.#retryLater();
  }

  #retryLater(): void {
    if (this.#closing.signal.aborted) return;
    // Half of the delay at random, so that a server that comes back isn't met by all at once.
    const delayMs = this.#retryMs * (0.5 + Math.random() / 2);
    this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
    this.#timer = this.#clock.setTimeout(() => {
      this.#listen().catch(() => this.#retryLater());
    }, delayMs);
  }
}
