import type { PgSubmittable, PgWire } from "./pg-client.ts";

/** Values of one row as they go over the wire. */
export type WireRow = readonly (string | Buffer | null)[];

/** A statement, and the values of each of its runs. */
export interface PipelineStep {
  readonly sql: string;
  readonly rows: readonly WireRow[];
}

/**
 * Statements for many rows, all sent without waiting and closed by a single Sync: the server runs them in order
 * and skips what follows the first that fails.
 */
export class RowPipeline implements PgSubmittable {
  /** Runs that went well, over all steps; after an error, the index of the one that failed. */
  completed = 0;
  /** Rows changed in all. */
  changed = 0;
  /** What the run at `completed` failed with. */
  failure: unknown;
  readonly done: Promise<void>;
  readonly #settle: PromiseWithResolvers<void>;
  readonly #steps: readonly PipelineStep[];

  constructor(steps: readonly PipelineStep[]) {
    this.#steps = steps;
    this.#settle = Promise.withResolvers();
    this.done = this.#settle.promise;
  }

  submit(wire: PgWire): Error | null {
    const { stream } = wire;
    stream.cork();
    try {
      for (const { sql, rows } of this.#steps) {
        wire.parse({ name: "", text: sql });
        for (const values of rows) {
          wire.bind({ statement: "", values });
          wire.execute({ portal: "" });
        }
      }
    } finally {
      wire.sync();
      stream.uncork();
    }
    return null;
  }
  handleCommandComplete(message: { readonly text: string }): void {
    this.completed++;
    this.changed += changedRows(message.text);
  }
  handleEmptyQuery(): void {
    this.completed++;
  }
  handleCopyInResponse(wire: PgWire): void {
    wire.sendCopyFail("a batch sends no COPY data");
  }
  handleReadyForQuery(): void {
    this.#settle.resolve();
  }
  handleError(error: Error): void {
    this.#settle.reject(error);
  }
  // A batch counts rows; what they return is not asked for.
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handlePortalSuspended(): void {}
  handleCopyData(): void {}
}

/** @param tag such as `INSERT 0 1`, `UPDATE 5`, `SELECT 3` @returns rows changed; a SELECT changes none */
export function changedRows(tag: string): number {
  const match = /^(?:INSERT \d+|UPDATE|DELETE|MERGE|COPY) (\d+)$/.exec(tag);
  return match ? Number(match[1]) : 0;
}
