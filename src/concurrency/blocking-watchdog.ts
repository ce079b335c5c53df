import { extname } from "node:path";
import { isMainThread, Worker } from "node:worker_threads";
import { LatencyHistogram } from "../metrics/latency-histogram.ts";
import type { MetricSample, MetricSource } from "../metrics/metric.ts";
import { durationMs, finite, knownKeys, reject } from "../options.ts";
import { thrownText } from "../thrown-text.ts";
import { type BlockingFrame, blockingFunction, describeBlocking } from "./blocking-profile.ts";

/** For so long the end of the process waits for the thread to end its sampling, where it samples just then. */
const longestEndMs = 500;

/** A time in which the event loop had no turn. */
export interface BlockedReport {
  /**
   * How late the loop was, in milliseconds: at least so long it had no turn, and a heartbeat longer at most. The start of the
   * profiler, some 5 to 40 ms, is in it.
   */
  readonly blockedMs: number;
  /**
   * The function that kept it; `undefined` when none of the program's own was seen: in one long native call or collection, or
   * in a loop that V8 had optimised while it ran, of which only the callers show.
   */
  readonly blocking: BlockingFrame | undefined;
  /** The same for people: `hashAll (file:///app/hash.js:12:8)`. */
  readonly where: string;
  /** Who called whom, innermost first, down from the function that most samples were in. */
  readonly stack: readonly BlockingFrame[];
}

export interface BlockingWatchdogOptions {
  /** The loop must be so late to be reported, in milliseconds from 20 to 2³¹ − 1. @default 100 */
  readonly thresholdMs?: number;
  /** Called on the main thread, when it can be again. What it throws, or rejects with, becomes a process warning. */
  readonly onBlocked: (report: BlockedReport) => void;
  /**
   * When the loop is so late and still blocked, the watching thread writes a line to standard error by itself, since an endless
   * loop never ends to be reported; milliseconds, ≥ `thresholdMs`. @default Infinity
   */
  readonly stderrAfterMs?: number;
}

/** What the watching thread is given. */
export interface WatchdogData {
  /** One `BigInt64`: when the main thread's loop had its last turn, by `process.hrtime.bigint()`. */
  /** The last heartbeat, and whether the thread samples: 64 bits each. */
  readonly beat: SharedArrayBuffer;
  readonly beatMs: number;
  readonly thresholdMs: number;
  readonly stderrAfterMs: number;
}

/** What it tells. */
export type WatchdogMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "blocked"; readonly blockedMs: number; readonly stack: readonly BlockingFrame[] };

export interface BlockingStats {
  /** Times that the loop was blocked for `thresholdMs` or longer. */
  readonly blocks: number;
  /** The longest, in milliseconds; 0 before the first. */
  readonly longestMs: number;
}

/** This file's own extension: `.ts` from source, `.js` when built. */
const workerUrl = new URL(`./blocking-watchdog-worker${extname(import.meta.url)}`, import.meta.url);

/**
 * Names the function that blocks the event loop of the main thread.
 *
 * The main thread's loop leaves a heartbeat, at a quarter of the threshold. A thread of its own looks at it, and when it is late by half
 * the threshold, takes a CPU profile of the main thread until the next heartbeat, 1 s at most. The profiler runs only then. It is
 * not the debugger: nothing is ever paused, whatever becomes of the watching thread.
 *
 * Keeps no process alive; but one that ends while it is sampled says "Waiting for the debugger to disconnect" on standard error
 * and ends a moment later. Takes about 50 ms to be ready. Can't tell a stopped debugger or a starved machine from a blocking function;
 * a process that was suspended as a whole isn't reported.
 */
export class BlockingWatchdog implements MetricSource {
  readonly name = "victor.event_loop";
  readonly #onBlocked: BlockingWatchdogOptions["onBlocked"];
  readonly #worker: Worker;
  readonly #heart: NodeJS.Timeout;
  readonly #ready = Promise.withResolvers<void>();
  readonly #exited: Promise<void>;
  readonly #seconds = new LatencyHistogram();
  #isClosing = false;

  /** @throws {TypeError | RangeError} on an option that is missing, unknown or out of its bounds, and off the main thread */
  constructor(options: BlockingWatchdogOptions) {
    knownKeys("BlockingWatchdog", options, ["thresholdMs", "onBlocked", "stderrAfterMs"]);
    const { thresholdMs = 100, onBlocked, stderrAfterMs = Number.POSITIVE_INFINITY } = options;
    finite("thresholdMs", thresholdMs, 20, 2 ** 31 - 1);
    durationMs("stderrAfterMs", stderrAfterMs, thresholdMs);
    if (typeof onBlocked !== "function") reject("onBlocked", "a function", onBlocked);
    if (!isMainThread)
      throw new TypeError("BlockingWatchdog: watches the main thread, and has to be made there");
    this.#onBlocked = onBlocked;
    const beat = new SharedArrayBuffer(16);
    const beatMs = thresholdMs / 4;
    const last = new BigInt64Array(beat);
    const strike = () => {
      Atomics.store(last, 0, process.hrtime.bigint());
    };
    strike();
    const workerData: WatchdogData = { beat, beatMs, thresholdMs, stderrAfterMs };
    this.#worker = new Worker(workerUrl, { workerData, execArgv: [], name: "victor-watchdog" });
    // After the thread, which may be refused.
    this.#heart = setInterval(strike, beatMs).unref();
    const endSampling = (): void => {
      const until = performance.now() + longestEndMs;
      // A heartbeat ends the block. V8 answers the profiler while this thread runs, not when it has ended: then it crashes.
      for (strike(); Atomics.load(last, 1) !== 0n && performance.now() < until; );
    };
    process.on("exit", endSampling);
    this.#worker.on("message", (message: WatchdogMessage) => this.#receive(message));
    // After the listener, since adding that makes the thread count again.
    this.#worker.unref();
    this.#worker.on("error", (error) => {
      this.#ready.reject(error);
      process.emitWarning(`The event loop is watched no longer: ${error.message}`, "BlockingWatchdog");
    });
    this.#exited = new Promise((resolve) =>
      this.#worker.once("exit", () => {
        clearInterval(this.#heart);
        process.off("exit", endSampling);
        resolve();
      }),
    );
    // Whoever asks for it hears of it; if nobody does, the warning has told it.
    this.#ready.promise.catch(() => undefined);
  }

  /** @returns when the watching has begun; @throws what the watching thread failed with */
  async ready(): Promise<void> {
    this.#worker.ref();
    await Promise.race([this.#ready.promise, this.#exited]);
    // Else the process would end under who waits for `close`.
    if (!this.#isClosing) this.#worker.unref();
  }

  stats(): BlockingStats {
    return { blocks: this.#seconds.count, longestMs: Math.max(0, this.#seconds.max * 1000) };
  }

  *collect(): Iterable<MetricSample> {
    yield {
      type: "histogram",
      name: "victor.event_loop.blocked",
      help: "Times in which the event loop had no turn for longer than the threshold.",
      unit: "s",
      labels: {},
      histogram: this.#seconds.snapshot(),
    };
  }

  /** Stops watching, and the thread with it. May be called again. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#heart);
    this.#worker.postMessage("close");
    this.#worker.ref();
    await this.#exited;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #receive(message: WatchdogMessage): void {
    if (message.kind === "ready") {
      this.#ready.resolve();
      return;
    }
    const { blockedMs, stack } = message;
    this.#seconds.record(blockedMs / 1000);
    const report = { blockedMs, blocking: blockingFunction(stack), where: describeBlocking(stack), stack };
    Promise.try(this.#onBlocked, report).catch((error) =>
      process.emitWarning(error instanceof Error ? error : thrownText(error)),
    );
  }
}
