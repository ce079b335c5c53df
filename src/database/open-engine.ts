import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CoherenceUnavailableError } from "../errors.ts";
import { parseDatabaseUrl } from "./database-url.ts";
import type { DatabaseDriver } from "./driver.ts";
import type { Engine } from "./engine.ts";
import type { EngineFactory, ResolvedOptions } from "./optimizer-options.ts";

/** Chooses the engine for what the options name. Drivers are loaded only when they are used. */
export function engineFactory(options: ResolvedOptions): EngineFactory {
  const { driver, url = process.env.DATABASE_URL } = options.source;
  if (typeof driver === "function") return driver;
  if (driver !== undefined && "dependencies" in driver) return pooled(() => driver, options);
  if (driver !== undefined && "prepare" in driver) return sqlite(options, { database: driver });
  if (driver !== undefined)
    throw new TypeError("driver: expected a DatabaseDriver, a better-sqlite3 database or an engine factory");
  if (!url) return temporarySqlite(options);
  const address = parseDatabaseUrl(url);
  if (address.system === "sqlite") return sqlite(options, { path: address.path });
  const { url: server, system } = address;
  // Those who write through the tier are told by it: to the driver, nobody else writes.
  const coherence = options.coherence === "tier" ? "exclusive" : options.coherence;
  return pooled(async () => {
    if (system === "mysql") {
      const { mysqlDriver } = await import("./mysql/driver.ts");
      if (coherence === "notify")
        throw new CoherenceUnavailableError(
          'coherence "notify" needs a server that tells of writes, and MySQL and MariaDB tell of none: choose "exclusive" or "ttl"',
        );
      return mysqlDriver({ url: server, ...(coherence && { coherence }) });
    }
    const { postgresDriver } = await import("./postgres/driver.ts");
    return postgresDriver({ url: server, ...(coherence && { coherence }) });
  }, options);
}

type SqliteSource = Parameters<typeof import("./sqlite/engine.ts").createSqliteEngine>[0];

function sqlite(options: ResolvedOptions, source: SqliteSource): EngineFactory {
  return async (sink, clock) => {
    const { createSqliteEngine } = await import("./sqlite/engine.ts");
    return createSqliteEngine({ ...options.sqlite, ...source }, sink, clock);
  };
}

function pooled(
  open: () => DatabaseDriver | Promise<DatabaseDriver>,
  options: ResolvedOptions,
): EngineFactory {
  return async (sink, clock) => {
    const { PooledEngine } = await import("./pool/pooled-engine.ts");
    return new PooledEngine(await open(), options.pool, sink, clock);
  };
}

function temporarySqlite(options: ResolvedOptions): EngineFactory {
  return async (sink, clock) => {
    const folder = await mkdtemp(join(tmpdir(), "victor-database-"));
    const remove = () => rm(folder, { recursive: true, force: true });
    try {
      const engine = await sqlite(options, { path: join(folder, "temporary.db") })(sink, clock);
      return closingWith(engine, remove);
    } catch (error) {
      await remove();
      throw error;
    }
  };
}

/** The engine itself, with `after` run when it has been closed. */
function closingWith(engine: Engine, after: () => Promise<void>): Engine {
  const close = engine.close.bind(engine);
  engine.close = (operation) => close(operation).finally(after);
  return engine;
}
