import { knownKeys, oneOf, reject } from "../../options.ts";
import type { Coherence, DatabaseDriver } from "../driver.ts";
import type { StatementFacts } from "../statement-facts.ts";
import { type KillQuery, MysqlConnection } from "./connection.ts";
import { addressOf, type MysqlTarget, parseMysqlUrl } from "./connection-url.ts";
import { MysqlFacts } from "./facts.ts";
import { loadMysql, type MysqlClientOptions, type MysqlTls } from "./mysql-client.ts";
import { SideSession } from "./side-session.ts";

/** How cached results stay true on MySQL and MariaDB, which tell nobody of writes. */
export type MysqlCoherence = (typeof coherences)[number];
const coherences = ["exclusive", "ttl"] as const;

export interface MysqlDriverOptions {
  /** `mysql://user:password@host:3306/database?ssl=true`, or the same with `mariadb:`. */
  readonly url: string;
  /**
   * How cached results stay true:
   * - `exclusive`: nobody but this optimizer writes to the database: no other process, no replication.
   * - `ttl`: results may be as old as their time to live.
   * @default none of them: nothing is cached
   */
  readonly coherence?: MysqlCoherence | undefined;
  /** TLS in more detail than the URL has it. @default as the URL says */
  readonly tls?: MysqlTls | undefined;
  /**
   * The sessions' time zone, and that in which DATETIME becomes a `Date`: `+02:00`, from -12:59 to +14:00.
   * @default "+00:00", so that a `Date` is the same moment on every machine
   */
  readonly timeZone?: string | undefined;
}

const optionNames = ["url", "coherence", "tls", "timeZone"];
/** Statements that one connection keeps prepared; the server bounds those of all connections together. */
const maxPreparedStatements = 250;

const clearPassword =
  "the server asks for the password in clear text (mysql_clear_password), which is refused";

/** Nobody else writes, or the user takes results as old as their time to live. */
const alwaysCoherent: Coherence = Object.freeze({
  coherent: () => true,
  close: () => Promise.resolve(),
});

/**
 * MySQL and MariaDB by the package `mysql2`, which is loaded when the first connection is opened.
 *
 * DECIMAL comes as text; BIGINT as a number, and as text where that would round it; DATE, DATETIME and TIMESTAMP as
 * `Date`, to the millisecond. `rowCount` of an UPDATE counts the rows that it found, changed or not.
 * @throws {TypeError} for a URL that is none; no message repeats it, since it may hold a password
 */
export function mysqlDriver(options: MysqlDriverOptions): DatabaseDriver {
  return new MysqlDriver(options);
}

class MysqlDriver implements DatabaseDriver {
  readonly system: string;
  readonly placeholders = "?";
  readonly address: string;
  readonly identity: string;
  readonly explainsWithParameters = true;
  readonly coherence?: () => Promise<Coherence>;
  readonly #target: MysqlTarget;
  readonly #timeZone: string;
  readonly #side: SideSession;
  readonly #facts: MysqlFacts;

  constructor(options: MysqlDriverOptions) {
    knownKeys("mysqlDriver", options, optionNames);
    const target = parseMysqlUrl(options.url);
    const tls = options.tls && { verifyIdentity: options.tls.rejectUnauthorized !== false, ...options.tls };
    this.#target = tls === undefined ? target : { ...target, tls };
    this.system = /^mariadb:/i.test(options.url) ? "mariadb" : "mysql";
    this.address = addressOf(target);
    this.#timeZone = options.timeZone ?? "+00:00";
    if (!/^[+-](0\d|1[0-4]):[0-5]\d$/.test(this.#timeZone))
      reject("timeZone", "an offset such as +02:00", options.timeZone);
    this.identity = JSON.stringify([target.user, this.#timeZone]);
    this.#side = new SideSession((signal) => this.#connect(signal));
    this.#facts = new MysqlFacts((sql) => this.#side.query(sql), target.database);
    if (options.coherence !== undefined) {
      oneOf("coherence", options.coherence, coherences);
      this.coherence = () => Promise.resolve(alwaysCoherent);
    }
  }

  connect(signal?: AbortSignal): Promise<MysqlConnection> {
    return this.#connect(signal, (session, late) => this.#side.kill(session, late));
  }

  dependencies(sql: string): StatementFacts | Promise<StatementFacts> {
    return this.#facts.facts(sql);
  }

  forgetFacts(): void {
    this.#facts.forget();
  }

  explainSql(sql: string): string {
    return `EXPLAIN FORMAT=JSON ${sql}`;
  }

  close(): Promise<void> {
    return this.#side.close();
  }

  async #connect(signal?: AbortSignal, kill?: KillQuery): Promise<MysqlConnection> {
    const mysql = await loadMysql();
    return MysqlConnection.open(
      () => mysql.createConnection(this.#clientOptions()),
      // With the server's own settings a statement might stay uncommitted, or a commit begin another transaction.
      [`SET time_zone = '${this.#timeZone}', autocommit = 1, completion_type = 'NO_CHAIN'`],
      kill,
      signal,
      mysql.TypedParameter?.LONGLONG,
    );
  }

  #clientOptions(): MysqlClientOptions {
    const { host, port, socketPath, user, password, database, tls } = this.#target;
    return {
      ...(socketPath === undefined ? { host, port } : { socketPath }),
      ...(user !== undefined && { user }),
      ...(password !== undefined && { password }),
      ...(database !== undefined && { database }),
      ...(tls !== undefined && { ssl: tls }),
      charset: "utf8mb4",
      timezone: this.#timeZone === "+00:00" ? "Z" : this.#timeZone,
      supportBigNumbers: true,
      multipleStatements: false,
      maxPreparedStatements,
      // IGNORE_SPACE would change the session's sql_mode; files of this machine are nobody's business.
      flags: ["-IGNORE_SPACE", "-LOCAL_FILES"],
      connectAttributes: { program_name: "victor-optimizations" },
      // Whoever answers in the server's place could ask for the password so; older releases of mysql2 would tell it.
      authPlugins: { mysql_clear_password: () => () => Promise.reject(new Error(clearPassword)) },
    };
  }
}
