import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../../src/clock.ts";
import { systemClock } from "../../../src/clock.ts";
import type { Engine } from "../../../src/database/engine.ts";
import { createSqliteEngine, type SqliteOptions } from "../../../src/database/sqlite/engine.ts";
import type { StatementFacts } from "../../../src/database/statement-facts.ts";

export const forever = Object.freeze({ deadline: Number.POSITIVE_INFINITY });

/** An engine, what it told its sink, and where its file lies. */
export interface OpenEngine extends AsyncDisposable {
  readonly engine: Engine;
  readonly path: string;
  /** What the sink was told since the last call. */
  told(): string[];
}

/** A temporary folder that goes with the test. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "victor-sqlite-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Opens an engine on a temporary file, unless the options say where; closes and removes both at the end. */
export async function openEngine(
  options: Partial<SqliteOptions> = {},
  clock: Clock = systemClock,
): Promise<OpenEngine> {
  const folder = temporaryFolder();
  const path = options.path ?? join(folder.path, "test.db");
  let log: string[] = [];
  const engine = createSqliteEngine(
    // A busy machine must not decide where a test's statements run.
    { blockBudgetMs: 1e9, ...(options.database ? options : { path, ...options }) },
    {
      tables: (tables) => log.push(...tables),
      everything: () => log.push("everything"),
      schema: () => log.push("schema"),
    },
    clock,
  );
  try {
    await engine.initialize(forever);
  } catch (error) {
    folder[Symbol.dispose]();
    throw error;
  }
  return {
    engine,
    path,
    told: () => {
      const told = log;
      log = [];
      return told;
    },
    async [Symbol.asyncDispose]() {
      await engine.close(forever);
      folder[Symbol.dispose]();
    },
  };
}

/** SQLite's facts are there at once. */
export function factsOf(engine: Engine, sql: string): StatementFacts {
  const facts = engine.facts(sql);
  if (facts instanceof Promise) throw new TypeError("expected facts without waiting");
  return facts;
}

/** Counts to `rows` inside SQLite, which takes about 0.1 µs each, and gives one row. */
export const counting = (rows: number): string =>
  `WITH RECURSIVE r (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r WHERE x < ${rows}) SELECT count(*) AS n FROM r`;

/** A clock that moves by `stepMs` whenever it is looked at. */
export function steppingClock(stepMs: number): Clock {
  let now = 0;
  return { ...systemClock, now: () => (now += stepMs) };
}
