import { userInfo } from "node:os";
import { type Clock, systemClock } from "../../clock.ts";
import { durationMs, knownKeys, oneOf } from "../../options.ts";
import type { Coherence, DatabaseDriver, Operation } from "../driver.ts";
import type { InvalidationSink } from "../engine.ts";
import type { StatementFacts } from "../statement-facts.ts";
import { CatalogueSession } from "./catalogue-session.ts";
import { alwaysCoherent, NotifyCoherence } from "./coherence.ts";
import { PostgresConnection } from "./connection.ts";
import { PostgresFacts } from "./facts.ts";
import { notifiedTablesSql } from "./notify-triggers.ts";
import { loadPg, loadPrepareValue, type PgModule, type PrepareValue } from "./pg-client.ts";

export interface PostgresDriverOptions {
  /** `postgres://user:password@host:5432/database`, with the query parameters that the package `pg` knows. */
  readonly url: string;
  /**
   * How cached results stay true:
   * - `exclusive`: nobody but this optimizer writes to the database.
   * - `notify`: others' writes are told by triggers, see `installNotifyTriggers`. Tables without one aren't cached.
   * - `ttl`: results may be as old as their time to live.
   * @default none of them: nothing is cached
   */
  readonly coherence?: PostgresCoherence | undefined;
  /** Shown in `pg_stat_activity`. @default "victor-optimizations", unless the URL says another */
  readonly applicationName?: string | undefined;
  /**
   * Milliseconds after which the server itself ends a statement. PgBouncer refuses it unless its
   * `ignore_startup_parameters` lists `statement_timeout`, and then it has no effect. @default the server's own
   */
  readonly statementTimeoutMs?: number | undefined;
  /**
   * Keep statements prepared under names, up to 250 a connection. Behind a pooler that knows them (PgBouncer from
   * 1.21 with `max_prepared_statements`, or in session mode) it may be set to true.
   * @default true, and false behind a pooler
   */
  readonly prepare?: boolean | undefined;
  /** @default the system's monotonic clock */
  readonly clock?: Clock | undefined;
}

export type PostgresCoherence = (typeof coherences)[number];
const coherences = ["exclusive", "notify", "ttl"] as const;
const optionNames = ["url", "coherence", "applicationName", "statementTimeoutMs", "prepare", "clock"];

/**
 * PostgreSQL by the package `pg`, which is loaded when the first connection is opened.
 * @throws {TypeError} for a URL that is none; no message repeats it, since it may hold a password
 */
export function postgresDriver(options: PostgresDriverOptions): DatabaseDriver {
  return new PostgresDriver(options);
}

class PostgresDriver implements DatabaseDriver {
  readonly system = "postgresql";
  readonly placeholders = "$";
  readonly address: string;
  readonly identity: string;
  readonly coherence?: (sink: InvalidationSink, operation: Operation) => Promise<Coherence>;
  readonly #options: PostgresDriverOptions;
  readonly #clock: Clock;
  readonly #catalogue: CatalogueSession;
  readonly #facts: PostgresFacts;
  #modules: Promise<readonly [PgModule, PrepareValue]> | undefined;
  /** Ids of the tables whose writes are notified; asked for again after each change of the schema. */
  #notified: Promise<ReadonlySet<string>> | undefined;
  #serverVersion = 0;
  #warned = false;

  constructor(options: PostgresDriverOptions) {
    knownKeys("postgresDriver", options, optionNames);
    this.address = addressOf(options.url);
    this.identity = identityOf(options.url);
    if (options.statementTimeoutMs !== undefined)
      durationMs("statementTimeoutMs", options.statementTimeoutMs, 1);
    if (options.prepare !== undefined) oneOf("prepare", options.prepare, [true, false]);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#catalogue = new CatalogueSession((signal) => this.connect(signal));
    this.#facts = new PostgresFacts((sql, params) => this.#catalogue.query(sql, params));
    const coherence = options.coherence && oneOf("coherence", options.coherence, coherences);
    if (coherence === "notify") this.coherence = (sink, operation) => this.#listen(sink, operation);
    else if (coherence) this.coherence = () => Promise.resolve(alwaysCoherent);
  }

  async connect(signal?: AbortSignal): Promise<PostgresConnection> {
    this.#modules ??= Promise.all([loadPg(), loadPrepareValue()]);
    const [pg, prepareValue] = await this.#modules;
    const { url, applicationName, statementTimeoutMs, prepare } = this.#options;
    const named = applicationName ?? new URL(url).searchParams.get("application_name");
    const connection = await PostgresConnection.open(
      pg,
      prepareValue,
      {
        connectionString: url,
        application_name: named ?? "victor-optimizations",
        keepAlive: true,
        keepAliveInitialDelayMillis: 10_000,
        ...(Number.isFinite(statementTimeoutMs) && {
          statement_timeout: Math.ceil(statementTimeoutMs as number),
        }),
      },
      { prepare },
      signal,
    );
    this.#serverVersion = connection.serverVersion;
    if (connection.pooled && !this.#warned) {
      this.#warned = true;
      process.emitWarning(
        `${this.address} is answered by a pooler such as PgBouncer: statements are not kept prepared, session state is not reset, and coherence "notify" can't be used`,
        { code: "VICTOR_POOLER", type: "VictorWarning" },
      );
    }
    return connection;
  }

  dependencies(sql: string): StatementFacts | Promise<StatementFacts> {
    const facts = this.#facts.facts(sql);
    if (this.#options.coherence !== "notify") return facts;
    return this.#onlyNotified(facts);
  }

  forgetFacts(): void {
    this.#notified = undefined;
    this.#facts.forget();
  }

  explainSql(sql: string): string {
    // Without it, a statement with placeholders can be explained only with its values at hand.
    return this.#serverVersion >= 160_000 ? `EXPLAIN (GENERIC_PLAN) ${sql}` : `EXPLAIN ${sql}`;
  }

  close(): Promise<void> {
    return this.#catalogue.close();
  }

  async #listen(sink: InvalidationSink, operation: Operation): Promise<Coherence> {
    const forgetting: InvalidationSink = {
      tables: (tables) => sink.tables(tables),
      everything: () => sink.everything(),
      schema: () => {
        this.forgetFacts();
        sink.schema();
      },
    };
    const open = (signal: AbortSignal): Promise<PostgresConnection> => this.connect(signal);
    const coherence = await NotifyCoherence.start(open, forgetting, this.#clock, operation.signal);
    // What was asked before anybody listened may have changed unnoticed.
    this.forgetFacts();
    return coherence;
  }

  /** What no trigger tells of can't be cached. */
  async #onlyNotified(pending: StatementFacts | Promise<StatementFacts>): Promise<StatementFacts> {
    const facts = await pending;
    if (!facts.cacheable) return facts;
    const notified = await this.#notifiedTables();
    const silent = facts.reads.find((table) => !notified.has(table));
    if (silent === undefined) return facts;
    return {
      ...facts,
      cacheable: false,
      reason: `writes of others to ${silent} are not notified: run installNotifyTriggers`,
    };
  }

  async #notifiedTables(): Promise<ReadonlySet<string>> {
    for (;;) {
      this.#notified ??= this.#askNotified();
      const asked = this.#notified;
      try {
        const notified = await asked;
        // The schema may have changed while we asked.
        if (asked === this.#notified) return notified;
      } catch (error) {
        if (asked === this.#notified) this.#notified = undefined;
        throw error;
      }
    }
  }

  async #askNotified(): Promise<ReadonlySet<string>> {
    const { rows } = await this.#catalogue.query(notifiedTablesSql, []);
    return new Set(rows.map(({ id }) => String(id)));
  }
}

/** `host:port/database`, from a URL that may hold credentials. */
function addressOf(text: string): string {
  if (typeof text !== "string" || !URL.canParse(text) || !/^postgres(ql)?:\/\//i.test(text))
    throw new TypeError("url: expected postgres://user:password@host:port/database");
  const url = new URL(text);
  const host = url.hostname || url.searchParams.get("host") || "localhost";
  return `${decodeURIComponent(host)}:${url.port || 5432}${url.pathname === "/" ? "" : url.pathname}`;
}

/** The user, whose role decides on search path and privileges, and the settings that sessions begin with. */
function identityOf(text: string): string {
  const { username, searchParams } = new URL(text);
  const { PGUSER = userInfo().username, PGOPTIONS = "", PGTZ = "" } = process.env;
  const user = decodeURIComponent(username) || searchParams.get("user") || PGUSER;
  return JSON.stringify([user, searchParams.get("options") ?? PGOPTIONS, PGTZ]);
}
