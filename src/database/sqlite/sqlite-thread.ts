import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { ConnectionLostError } from "../../errors.ts";
import { type ThreadData, type ThreadReply, type ThreadRequest, unpackError } from "./thread-protocol.ts";

/** How the threads of one database open it. */
export interface ThreadOptions {
  readonly path: string;
  readonly pragmas: Readonly<Record<string, string | number>>;
}

/** This file's own extension: `.ts` from source, `.js` when built. */
const workerUrl = new URL(`./sqlite-worker${extname(import.meta.url)}`, import.meta.url);

/**
 * MiB of a thread's young generation. What a statement makes there is dead as soon as it is sent: a larger one is filled for nothing
 * (`docs/decisions/sqlite-connections.md`).
 */
const youngGenerationMib = 3;

interface Asked {
  resolve(reply: ThreadReply): void;
  reject(error: unknown): void;
}

/**
 * One thread with a connection of its own. It keeps the process alive only while it is asked something; but a process
 * can't end before the statement that runs on it does.
 */
export class SqliteThread {
  readonly #worker: Worker;
  readonly #cancelled = new Int32Array(new SharedArrayBuffer(4));
  #asked: Asked | undefined;
  #failure: unknown;
  #ended = false;

  constructor(options: ThreadOptions, readOnly: boolean) {
    const data: ThreadData = {
      path: options.path,
      pragmas: options.pragmas,
      readOnly,
      cancelled: this.#cancelled.buffer,
    };
    this.#worker = new Worker(workerUrl, {
      workerData: data,
      execArgv: [],
      name: "victor-sqlite",
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMib },
    });
    this.#worker.on("message", (reply: ThreadReply) => this.#take()?.resolve(reply));
    this.#worker.on("error", (error) => {
      this.#failure = error;
    });
    // By now its connection is closed, and what it hadn't committed is undone.
    this.#worker.on("exit", () => {
      this.#ended = true;
      this.#take()?.reject(this.#lost());
    });
    this.#worker.unref();
  }

  /** Has it ended, by itself or by `terminate`? */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Asks, and waits for the reply. One question at a time.
   * @throws the driver's error; {@link ConnectionLostError} when the thread ended; `DataCloneError` for what can't be
   * sent to a thread
   */
  async ask(request: ThreadRequest): Promise<ThreadReply> {
    const reply = await this.askForReply(request);
    if (reply.error !== undefined) throw unpackError(reply.error);
    return reply;
  }

  /** As `ask`, but an error is part of the reply. */
  askForReply(request: ThreadRequest): Promise<ThreadReply> {
    if (this.#ended) return Promise.reject(this.#lost());
    return new Promise((resolve, reject) => {
      this.#worker.postMessage(request);
      this.#asked = { resolve, reject };
      this.#worker.ref();
    });
  }

  /** Asks the job under way to end at its next row. */
  cancel(): void {
    Atomics.store(this.#cancelled, 0, 1);
  }

  /** A new job begins. */
  renew(): void {
    Atomics.store(this.#cancelled, 0, 0);
  }

  /** Ends it as soon as the statement that runs on it lets go, which nothing can hasten. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #take(): Asked | undefined {
    const asked = this.#asked;
    this.#asked = undefined;
    if (asked !== undefined) this.#worker.unref();
    return asked;
  }

  #lost(): ConnectionLostError {
    return new ConnectionLostError("the database thread has ended", false, { cause: this.#failure });
  }
}
