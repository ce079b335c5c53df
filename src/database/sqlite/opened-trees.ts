import type { NodeConnection } from "./node-connection.ts";

/** What a compiled program opens, of itself and of the triggers that it runs. */
export interface OpenedTrees {
  /** Root pages, in the main database, of the tables and indexes that it reads. */
  readonly roots: ReadonlySet<number>;
  /** Does it open a virtual table? Which one, the program doesn't say. */
  readonly virtual: boolean;
  /** Does it open something elsewhere than in the main database, or something that it doesn't name? */
  readonly elsewhere: boolean;
}

const reading: ReadonlySet<unknown> = new Set(["OpenRead", "ReopenIdx"]);
/** Flag of p5: p2 is no page but a register that will hold one. */
const pageInRegister = 0x10;

/**
 * Looks into the program that SQLite compiles a statement to. What it never opens can't matter to its result, whoever
 * is or isn't told of it: the authorizer isn't told of a table that comes in by USING or NATURAL alone.
 * @param sql one statement that can be prepared on `connection`
 * @see https://www.sqlite.org/opcode.html
 */
export function openedTrees(connection: NodeConnection, sql: string): OpenedTrees {
  const roots = new Set<number>();
  let virtual = false;
  let elsewhere = false;
  for (const { opcode, p2, p3, p5 } of connection.database.prepare(`EXPLAIN ${sql}`).all()) {
    if (opcode === "VOpen") virtual = true;
    if (!reading.has(opcode)) continue;
    if (p3 === 0 && (Number(p5) & pageInRegister) === 0) roots.add(Number(p2));
    else elsewhere = true;
  }
  return { roots, virtual, elsewhere };
}
