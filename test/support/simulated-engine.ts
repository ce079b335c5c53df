import { AsyncLocalStorage } from "node:async_hooks";
import type { Operation, QueryResult } from "../../src/database/driver.ts";
import type { Engine, EngineTransaction, InvalidationSink } from "../../src/database/engine.ts";
import type { StatementFacts } from "../../src/database/statement-facts.ts";
import { ConnectionLostError } from "../../src/errors.ts";
import type { SimulatedDatabase } from "./simulated-database.ts";
import type { VirtualScheduler } from "./virtual-scheduler.ts";

type Statement = readonly [sql: string, params: readonly unknown[]];

/** What the one who judges has to hear of. */
export interface EngineWitness {
  /** A notice of this commit reached the node. */
  noticed(commit: number): void;
  /** The node listens again and has been told that anything may have changed. */
  reconnected(lastCommit: number): void;
}

/** Carried along by the one who writes: called with the number of his commit the moment that it takes effect. */
export const commitWitness = new AsyncLocalStorage<(commit: number) => void>();

export interface SimulatedEngineOptions {
  readonly database: SimulatedDatabase;
  readonly scheduler: VirtualScheduler;
  readonly sink: InvalidationSink;
  readonly witness: EngineWitness;
  /** Are there other nodes, of whose commits this one hears by notices? */
  readonly shared: boolean;
  /** Probability, per statement, of a failure of a read or of a lost connection at a write. */
  readonly faults: number;
}

/** One node's way to the simulated database: each message and each step of the server is an event of its own. */
export class SimulatedEngine implements Engine {
  readonly name = "simulated";
  readonly system = "simulated";
  readonly address = "simulated";
  readonly placeholders = "?";
  readonly #options: SimulatedEngineOptions;
  #stopListening: (() => void) | undefined;
  #connected = true;
  /** Notices that have been sent over the present connection arrive in order. */
  #line: Promise<void> = Promise.resolve();
  #connection = 0;

  constructor(options: SimulatedEngineOptions) {
    this.#options = options;
    if (options.shared) this.#listen();
  }

  async initialize(): Promise<void> {}
  forgetFacts(): void {}
  async explain(): Promise<string> {
    return "";
  }
  async close(): Promise<void> {
    this.#stopListening?.();
  }
  *collect(): Iterable<never> {}
  coherent(): boolean {
    return this.#connected;
  }

  async facts(sql: string): Promise<StatementFacts> {
    const { scheduler, database } = this.#options;
    await scheduler.step();
    const facts = database.facts(sql);
    await scheduler.step();
    return facts;
  }

  async execute(sql: string, params: readonly unknown[], { signal }: Operation): Promise<QueryResult> {
    if (!sql.startsWith("SELECT")) return this.#commit([[sql, params]]);
    const { scheduler, database, faults } = this.#options;
    await scheduler.step();
    const snapshot = database.last;
    await scheduler.step();
    signal?.throwIfAborted();
    if (scheduler.random.chance(faults)) throw new ReadFailure("the read failed");
    return database.read(sql, params, snapshot);
  }

  async executeBatch(sql: string, rows: readonly (readonly unknown[])[]): Promise<number> {
    await this.#commit(rows.map((row) => [sql, row]));
    return rows.length;
  }

  async begin(): Promise<EngineTransaction> {
    const { scheduler, database } = this.#options;
    const statements: Statement[] = [];
    await scheduler.step();
    const add = async (added: readonly Statement[]) => {
      await scheduler.step();
      statements.push(...added);
      await scheduler.step();
    };
    return {
      execute: async (sql, params) => {
        if (sql.startsWith("SELECT")) {
          await scheduler.step();
          return database.read(sql, params, database.last);
        }
        await add([[sql, params]]);
        return { rows: [], rowCount: 1 };
      },
      executeBatch: async (sql, rows) => {
        await add(rows.map((row) => [sql, row] as const));
        return rows.length;
      },
      commit: async () => {
        await this.#commit(statements);
      },
      rollback: () => scheduler.step(),
    };
  }

  /** The connection for notices breaks: nothing more arrives, the node learns of it later, and listens anew later still. */
  async breakConnection(): Promise<void> {
    const { scheduler, sink, witness, database } = this.#options;
    if (this.#stopListening === undefined) return;
    this.#stopListening();
    this.#stopListening = undefined;
    this.#connection++;
    await scheduler.step();
    this.#connected = false;
    await scheduler.step();
    this.#listen();
    await scheduler.step();
    this.#connected = true;
    // Not only rows: a notice of a change of the schema may be among the lost ones.
    sink.schema();
    witness.reconnected(database.last);
  }

  #listen(): void {
    const { scheduler, database, sink, witness } = this.#options;
    const connection = this.#connection;
    this.#stopListening = database.listen((commit) => {
      this.#line = this.#line
        .then(() => scheduler.step())
        .then(() => {
          if (connection !== this.#connection) return;
          const tables = database.changed(commit);
          if (tables === undefined) sink.schema();
          else sink.tables(tables);
          witness.noticed(commit);
        });
    });
  }

  async #commit(statements: readonly Statement[]): Promise<QueryResult> {
    const { scheduler, database, faults } = this.#options;
    await scheduler.step();
    if (scheduler.random.chance(faults)) {
      // Nobody knows whether it takes effect: here it does, it doesn't, or it does when the loss is long known.
      const fate = scheduler.random.below(3);
      if (fate === 0) commitAndTell(database, statements);
      else if (fate === 1) void scheduler.step().then(() => database.commit(statements));
      await scheduler.step();
      throw new ConnectionLostError("the connection broke", true);
    }
    commitAndTell(database, statements);
    await scheduler.step();
    return { rows: [], rowCount: 1 };
  }
}

function commitAndTell(database: SimulatedDatabase, statements: readonly Statement[]): void {
  const commit = database.commit(statements);
  commitWitness.getStore()?.(commit);
}

/** An ordinary error of the database. */
export class ReadFailure extends Error {}
