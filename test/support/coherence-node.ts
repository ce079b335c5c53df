/** One process of the coherence test: runs what it is sent through its own optimizer, and judges what it reads. */
import pg from "pg";
import { Generations } from "../../src/database/cache/generations.ts";
import { type CoherenceMode, DatabaseOptimizer } from "../../src/database/index.ts";
import { notifyChannel } from "../../src/database/postgres/notify-triggers.ts";
import type { Transaction } from "../../src/database/transaction.ts";
import { BatchError, ConnectionLostError } from "../../src/errors.ts";
import { reads, type Versions } from "./coherence-statements.ts";

export interface NodeSettings {
  readonly url: string;
  readonly coherence: CoherenceMode;
  /** Breaks the code, to show that the test notices. */
  readonly sabotage: "none" | "fills are not checked" | "notices are not heard";
}

/** A step of a write: `x` counts up for whoever reads only that. */
export type Step = { readonly statement: "row" | "column" | "other" | "bulk"; readonly id: number };
export type Write =
  | { readonly kind: "statement"; readonly step: Step }
  | { readonly kind: "batch"; readonly ids: readonly number[] }
  | {
      readonly kind: "steps";
      readonly steps: readonly Step[];
      readonly undone: Step | undefined;
      readonly rollsBack: boolean;
    }
  | { readonly kind: "toggle"; readonly id: number; readonly rollsBack: boolean }
  | { readonly kind: "refill"; readonly rollsBack: boolean }
  | { readonly kind: "view" | "column added"; readonly version: number }
  | { readonly kind: "swap"; readonly version: number; readonly rollsBack: boolean };

export type NodeRequest =
  | { readonly ask: "open"; readonly settings: NodeSettings }
  | { readonly ask: "read"; readonly id: number; readonly read: number; readonly row: number }
  /** `id` names it in column `w` of the rows that it changes. */
  | { readonly ask: "write"; readonly id: number; readonly write: Write }
  /** All reads begun from now on have to see these. */
  | { readonly ask: "require"; readonly versions: Versions }
  /** Exactly these are there, and nobody writes. */
  | { readonly ask: "reset"; readonly versions: Versions }
  | { readonly ask: "close" };

export type NodeReply =
  | { readonly told: "opened" }
  | { readonly told: "reset" }
  | {
      readonly told: "closed";
      readonly hits: number;
      readonly rejectedFills: number;
      readonly coalesced: number;
    }
  | {
      readonly told: "read";
      readonly id: number;
      readonly stale: readonly string[];
      /** Rows that were not there though their last known epoch says so: stale unless a later epoch can have begun. */
      readonly missing: Versions;
      /** Writes whose rows were seen. */
      readonly writers: readonly number[];
      /** An error that a reader may meet, since its connection was cut. */
      readonly failed: boolean;
    }
  | {
      readonly told: "written";
      readonly id: number;
      readonly outcome: "committed" | "rolled back" | "unknown";
      readonly versions: Versions;
    }
  | { readonly told: "noticed"; readonly barrier: number }
  | { readonly told: "failed"; readonly what: string };

/** Payload that carries the versions of all that was acknowledged before it was sent; no table is called so. */
export const barrierPrefix = "barrier.";

const required: Versions = {};
let database: DatabaseOptimizer | undefined;

function tell(reply: NodeReply): void {
  process.send?.(reply);
}

function raise(versions: Versions): void {
  for (const [cell, version] of Object.entries(versions))
    required[cell] = Math.max(required[cell] ?? 0, version);
}

/** Learns of barriers right after the optimizer has taken them in, and so all notices before them. */
function listenIn(): void {
  const emit = pg.Client.prototype.emit;
  pg.Client.prototype.emit = function (this: pg.Client, event: string, ...args: unknown[]): boolean {
    const heard = Reflect.apply(emit, this, [event, ...args]) as boolean;
    const message = args[0] as { channel?: string; payload?: string } | undefined;
    if (
      event === "notification" &&
      message?.channel === notifyChannel &&
      message.payload?.startsWith(barrierPrefix)
    ) {
      const [barrier, versions] = JSON.parse(message.payload.slice(barrierPrefix.length)) as [
        number,
        Versions,
      ];
      raise(versions);
      tell({ told: "noticed", barrier });
    }
    return heard;
  } as typeof emit;
}

async function open({ url, coherence, sabotage }: NodeSettings): Promise<void> {
  if (sabotage === "fills are not checked") Generations.prototype.isCurrent = () => true;
  if (sabotage === "notices are not heard") Generations.prototype.tables = () => undefined;
  database = new DatabaseOptimizer({ url, coherence, timeoutMs: 20_000, pool: { maxSize: 5 } });
  await database.initialize();
  tell({ told: "opened" });
}

async function read(id: number, index: number, row: number): Promise<void> {
  const { sql, point, seen } = reads[index]!;
  // Taken in the same turn in which the read begins.
  const before = { ...required };
  let result: Awaited<ReturnType<DatabaseOptimizer["executeQuery"]>>;
  try {
    result = await database!.executeQuery(sql, point ? [row] : []);
  } catch (error) {
    if (!isCut(error)) throw error;
    tell({ told: "read", id, stale: [], missing: {}, writers: [], failed: true });
    return;
  }
  const stale: string[] = [];
  const missing: Versions = {};
  const cells = seen(result.rows, row);
  // Of a view that another process has redefined without our having heard of it yet, nobody here knows what it shows:
  // the result was kept under the tables of the former definition.
  const isUnheard = (cells.definition ?? 0) > (before.definition ?? 0);
  for (const [cell, version] of Object.entries(cells)) {
    const least = isUnheard && cell !== "definition" ? 0 : (before[cell] ?? 0);
    if (version === undefined && cell.startsWith("epoch")) {
      if (least % 2 === 1) missing[cell] = least;
    } else if (version === undefined || version < least)
      stale.push(
        `${sql} [${row}]: ${cell} is ${version}, expected ≥ ${least}${result.cached ? ", cached" : ""}`,
      );
  }
  const writers = result.rows.flatMap(({ w }) => (typeof w === "number" ? [w] : []));
  tell({ told: "read", id, stale, missing, writers, failed: false });
}

/** The adversary cut the connection. */
function isCut(error: unknown): error is ConnectionLostError {
  return error instanceof ConnectionLostError;
}

/** A deadlock, or a definition that somebody else changed meanwhile: the server chooses whom it fails. */
function isConflict(error: unknown): boolean {
  const { code } = (error instanceof BatchError ? error.cause : error) as { readonly code?: string };
  return code === "40P01" || code === "40001";
}

class RolledBack extends Error {}

type Runner = Pick<Transaction, "executeQuery">;

interface StepStatement {
  readonly sql: string;
  readonly params: (id: number, writer: number) => unknown[];
  readonly table: "t" | "u";
  readonly column: "v" | "x";
}
const stepStatements: Readonly<Record<Step["statement"], StepStatement>> = {
  row: {
    sql: "UPDATE t SET v = v + 1, w = $2 WHERE id = $1 RETURNING id, v",
    params: (id, writer) => [id, writer],
    table: "t",
    column: "v",
  },
  column: {
    sql: "UPDATE t SET x = x + 1 WHERE id = $1 RETURNING id, x",
    params: (id) => [id],
    table: "t",
    column: "x",
  },
  other: {
    sql: "UPDATE u SET v = v + 1 WHERE id = $1 RETURNING id, v",
    params: (id) => [id],
    table: "u",
    column: "v",
  },
  bulk: {
    sql: "UPDATE t SET v = v + 1, w = $1 RETURNING id, v",
    params: (_id, writer) => [writer],
    table: "t",
    column: "v",
  },
};

async function runStep(runner: Runner, { statement, id }: Step, writer: number): Promise<Versions> {
  const { sql, params, table, column } = stepStatements[statement];
  const { rows } = await runner.executeQuery(sql, params(id, writer));
  return Object.fromEntries(rows.map((row) => [`${table}${row.id}.${column}`, Number(row[column])]));
}

/** @returns what is there once it is committed */
async function runWrite(db: DatabaseOptimizer, write: Write, writer: number): Promise<Versions> {
  switch (write.kind) {
    case "statement":
      return await runStep(db, write.step, writer);
    case "batch": {
      // It returns no versions; each of them grows at least by one.
      const versions = Object.fromEntries(
        write.ids.map((id) => [`t${id}.v`, (required[`t${id}.v`] ?? 0) + 1]),
      );
      await db.executeBatch(
        "UPDATE t SET v = v + 1, w = $2 WHERE id = $1",
        write.ids.map((id) => [id, writer]),
      );
      return versions;
    }
    case "steps":
      return await db.transaction(async (transaction) => {
        const versions: Versions = {};
        for (const step of write.steps) Object.assign(versions, await runStep(transaction, step, writer));
        if (write.undone) {
          await transaction.executeQuery("SAVEPOINT undone");
          await runStep(transaction, write.undone, writer);
          await transaction.executeQuery("ROLLBACK TO SAVEPOINT undone");
        }
        if (write.rollsBack) throw new RolledBack();
        return versions;
      });
    case "toggle":
      return await db.transaction(async (transaction) => {
        const version = await nextEpoch(transaction, write.id);
        if (version % 2 === 0) await transaction.executeQuery("DELETE FROM parent WHERE id = $1", [write.id]);
        else {
          await transaction.executeQuery("INSERT INTO parent VALUES ($1, $2)", [write.id, version]);
          await transaction.executeQuery("INSERT INTO child VALUES ($1, $2)", [write.id, version]);
        }
        if (write.rollsBack) throw new RolledBack();
        return { [`epoch${write.id}`]: version };
      });
    case "refill":
      return await db.transaction(async (transaction) => {
        const version = await nextEpoch(transaction, 4);
        await transaction.executeQuery("DELETE FROM refilled");
        await transaction.executeQuery("INSERT INTO refilled VALUES ($1)", [version]);
        if (write.rollsBack) throw new RolledBack();
        return { epoch4: version };
      });
    case "view": {
      const table = write.version % 2 === 0 ? "t" : "u";
      await db.executeQuery(
        `CREATE OR REPLACE VIEW shown AS SELECT ${write.version} AS definition, id, v FROM ${table}`,
      );
      return { definition: write.version };
    }
    case "column added":
      await db.executeQuery(`ALTER TABLE t ADD COLUMN added_${write.version} int`);
      return { added: write.version };
    case "swap":
      return await db.transaction(async (transaction) => {
        await transaction.executeQuery("UPDATE back SET v = $1", [write.version]);
        await transaction.executeQuery("ALTER TABLE front RENAME TO middle");
        await transaction.executeQuery("ALTER TABLE back RENAME TO front");
        await transaction.executeQuery("ALTER TABLE middle RENAME TO back");
        if (write.rollsBack) throw new RolledBack();
        return { front: write.version };
      });
  }
}

async function nextEpoch(transaction: Transaction, id: number): Promise<number> {
  const { rows } = await transaction.executeQuery("UPDATE epochs SET v = v + 1 WHERE id = $1 RETURNING v", [
    id,
  ]);
  return Number(rows[0]?.v);
}

async function write(id: number, what: Write): Promise<void> {
  let versions: Versions = {};
  let outcome: "committed" | "rolled back" | "unknown" = "committed";
  try {
    versions = await runWrite(database!, what, id);
    raise(versions);
  } catch (error) {
    if (isCut(error) && error.outcomeUnknown) outcome = "unknown";
    else if (error instanceof RolledBack || isCut(error) || isConflict(error)) outcome = "rolled back";
    else throw error;
  }
  tell({ told: "written", id, outcome, versions });
}

async function close(): Promise<void> {
  const { hits, rejectedFills, coalesced } = database!.getCacheStats();
  await database!.close();
  tell({ told: "closed", hits, rejectedFills, coalesced });
}

async function serve(request: NodeRequest): Promise<void> {
  try {
    if (request.ask === "open") await open(request.settings);
    else if (request.ask === "read") await read(request.id, request.read, request.row);
    else if (request.ask === "write") await write(request.id, request.write);
    else if (request.ask === "require") raise(request.versions);
    else if (request.ask === "reset") {
      for (const cell of Object.keys(required)) delete required[cell];
      raise(request.versions);
      tell({ told: "reset" });
    } else await close();
  } catch (error) {
    tell({
      told: "failed",
      what: `${JSON.stringify(request)}: ${error instanceof Error ? error.stack : error}`,
    });
  }
}

if (process.send) {
  listenIn();
  process.on("message", (request: NodeRequest) => void serve(request));
  process.on("disconnect", () => process.exit());
}
