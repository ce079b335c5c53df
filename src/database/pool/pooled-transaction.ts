import type { Clock } from "../../clock.ts";
import { ClosedError, ConnectionLostError } from "../../errors.ts";
import type { DriverConnection, Operation, QueryResult } from "../driver.ts";
import type { EngineTransaction } from "../engine.ts";
import type { StatementFacts } from "../statement-facts.ts";
import { abandon, graceMs } from "./cut-connection.ts";
import { OperationLimit } from "./operation-limit.ts";
import type { Lease } from "./pool-lease.ts";
import { refuseCommit, refuseTransactionControl } from "./transaction-control.ts";

/** What a transaction needs of its engine. */
export interface TransactionHost {
  readonly clock: Clock;
  facts(sql: string): StatementFacts | Promise<StatementFacts>;
  /** A commit whose outcome nobody knows has ended, one way or the other. */
  committedUnseen(): void;
}

type Work<T> = (connection: DriverConnection, signal: AbortSignal | undefined) => Promise<T>;

/**
 * A transaction on one connection, which it gives back when it ends. Steps that are asked for at the same time run
 * one after another.
 * A step that is cut, or during which the connection breaks, ends it: the server rolls back what it has done.
 */
export class PooledTransaction implements EngineTransaction {
  readonly #host: TransactionHost;
  #lease: Lease<DriverConnection> | undefined;
  /** Why the connection is gone, while nobody has committed or rolled back. */
  #lostBy: { readonly error: unknown } | undefined;
  #previous: Promise<unknown> = Promise.resolve();

  /** @param lease of a connection on which BEGIN has been run */
  constructor(lease: Lease<DriverConnection>, host: TransactionHost) {
    this.#lease = lease;
    this.#host = host;
  }

  /** @throws {ConnectionLostError} when the transaction is lost */
  execute(sql: string, params: readonly unknown[], operation: Operation): Promise<QueryResult> {
    return this.#statement(sql, operation, (connection, signal) => connection.query(sql, params, signal));
  }

  /** @throws {BatchError} naming the row, @throws {ConnectionLostError} when the transaction is lost */
  executeBatch(sql: string, rows: readonly (readonly unknown[])[], operation: Operation): Promise<number> {
    if (rows.length === 0) return Promise.resolve(0);
    return this.#statement(sql, operation, (connection, signal) => connection.batch(sql, rows, signal));
  }

  /** Ends the transaction, whatever comes of it. */
  async commit(operation: Operation): Promise<void> {
    let hasBegun = false;
    const step = async (limit: OperationLimit): Promise<void> => {
      hasBegun = true;
      const lease = this.#end();
      try {
        await limit.run("commit", (signal) => lease.connection.query("COMMIT", [], signal));
        lease.release();
      } catch (error) {
        throw await this.#commitFailed(lease, limit, error);
      }
    };
    try {
      await this.#inTurn(operation, step);
    } catch (error) {
      // Its time was over before its turn came, so nothing else would give the connection back.
      if (!hasBegun) void this.#rollBackInTurn();
      throw error;
    }
  }

  /** Resolves at the deadline at the latest; what is then left of the work goes on without the caller. */
  async rollback(operation: Operation): Promise<void> {
    const rolledBack = this.#rollBackInTurn();
    const limit = new OperationLimit(operation, this.#host.clock);
    try {
      await limit.run("rollback", () => rolledBack);
    } catch (error) {
      if (!limit.cut) throw error;
    } finally {
      limit.end();
    }
  }

  /** After the steps that were asked for before, whoever waits for it. */
  #rollBackInTurn(): Promise<void> {
    const rolledBack = this.#previous.then(() => this.#rollBack());
    this.#previous = Promise.allSettled([rolledBack]);
    return rolledBack;
  }

  async #rollBack(): Promise<void> {
    if (this.#lostBy) {
      // The server has rolled back by itself when the connection went.
      this.#lostBy = undefined;
      return;
    }
    const lease = this.#end();
    const grace = new OperationLimit({ deadline: this.#host.clock.now() + graceMs }, this.#host.clock);
    try {
      await grace.run("rollback", (signal) => lease.connection.query("ROLLBACK", [], signal));
      lease.release();
    } catch {
      // Without its connection, the transaction is rolled back all the same.
      lease.destroy();
    } finally {
      grace.end();
    }
  }

  async #commitFailed(
    lease: Lease<DriverConnection>,
    limit: OperationLimit,
    error: unknown,
  ): Promise<unknown> {
    if (limit.cut && limit.running === undefined) {
      // COMMIT was never sent.
      lease.destroy();
      return error;
    }
    if (limit.cut || !lease.usable) {
      const { clock } = this.#host;
      abandon(lease, limit.running ?? Promise.resolve(), clock).then(() => this.#host.committedUnseen());
      return new ConnectionLostError("commit: the connection was lost before the answer came", true, {
        cause: error,
      });
    }
    // The server refused, as it does for a deferred constraint. Not every engine ends the transaction by that.
    this.#lease = lease;
    await this.#rollBack();
    return error;
  }

  #statement<T>(sql: string, operation: Operation, work: Work<T>): Promise<T> {
    return this.#inTurn(operation, async (limit) => {
      const facts = this.#host.facts(sql);
      const { kind, commits, changesSession } =
        facts instanceof Promise ? await limit.run("facts", () => facts) : facts;
      if (kind === "transaction") refuseTransactionControl(sql, { savepoints: true });
      if (commits) refuseCommit(sql);
      const lease = this.#open();
      lease.note(sql);
      if (kind === "session" || changesSession) lease.markDirty();
      try {
        return await limit.run("query", (signal) => work(lease.connection, signal));
      } catch (error) {
        const isCut = limit.cut && limit.running !== undefined;
        if (!isCut && lease.usable) throw error;
        this.#lease = undefined;
        this.#lostBy = { error };
        lease.destroy();
        throw isCut ? error : lost(error);
      }
    });
  }

  /** Waits for its turn under the same deadline as for the step itself. */
  #inTurn<T>(operation: Operation, step: (limit: OperationLimit) => Promise<T>): Promise<T> {
    const limit = new OperationLimit(operation, this.#host.clock);
    const previous = this.#previous;
    const run = async (): Promise<T> => {
      try {
        await limit.run("waiting for the transaction's previous step", () => previous);
        return await step(limit);
      } finally {
        limit.end();
      }
    };
    const done = run();
    this.#previous = Promise.allSettled([previous, done]);
    return done;
  }

  #open(): Lease<DriverConnection> {
    if (this.#lostBy) throw lost(this.#lostBy.error);
    if (this.#lease === undefined) throw new ClosedError("transaction");
    return this.#lease;
  }

  /** The transaction ends here: nothing more is run in it. */
  #end(): Lease<DriverConnection> {
    const lease = this.#open();
    this.#lease = undefined;
    return lease;
  }
}

function lost(cause: unknown): ConnectionLostError {
  return new ConnectionLostError(
    "the transaction's connection was lost before the commit, so the server has rolled it back; run it again",
    false,
    { cause },
  );
}
