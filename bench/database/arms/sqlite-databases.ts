import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { systemClock } from "../../../src/clock.ts";
import type { Engine } from "../../../src/database/engine.ts";
import { createSqliteEngine, type SqliteOptions } from "../../../src/database/sqlite/engine.ts";

export const forever = Object.freeze({ deadline: Number.POSITIVE_INFINITY });

/** A file of its own for each arm. */
export function temporaryFile(): { readonly path: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "victor-bench-"));
  return { path: join(folder, "bench.db"), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** What a competent developer writes: write-ahead log, and the same durability as the engine's. */
export function openPlain(path: string, synchronous: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`);
  return database;
}

export async function openEngine(path: string, options: SqliteOptions = {}): Promise<Engine> {
  const sink = { tables: () => {}, everything: () => {}, schema: () => {} };
  const engine = createSqliteEngine({ path, ...options }, sink, systemClock);
  await engine.initialize(forever);
  return engine;
}
