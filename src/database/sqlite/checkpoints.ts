import { statSync } from "node:fs";
import type { SqliteConnection } from "./connection.ts";
import type { WriterThread } from "./writer-thread.ts";

/** Commits, or rows of batches, after which the log's size is looked at. */
const commitsPerLook = 256;
/** SQLite's own default: 1,000 pages of 4 KiB. */
const logBytes = 1000 * 4096;

/**
 * SQLite moves the write-ahead log into the file during whatever commit makes it too long: tens of milliseconds, on the
 * event loop. Here a thread does it, beside readers and writers.
 * @see https://www.sqlite.org/wal.html#ckpt
 */
export class Checkpoints {
  readonly #log: string;
  readonly #thread: WriterThread;
  #commits = 0;

  constructor(path: string, writer: SqliteConnection, thread: WriterThread) {
    this.#log = `${path}-wal`;
    this.#thread = thread;
    writer.prepare("PRAGMA wal_autocheckpoint = 0").run([], true);
  }

  /** @param weight 1 for a commit, the number of rows for a batch */
  committed(weight: number): void {
    this.#commits += weight;
    if (this.#commits < commitsPerLook) return;
    this.#commits = 0;
    // Without a write-ahead log there is nothing to move.
    const size = statSync(this.#log, { throwIfNoEntry: false })?.size ?? 0;
    if (size >= logBytes) this.#thread.checkpoint();
  }
}
