import { type Clock, systemClock, type TimerHandle } from "../../clock.ts";
import { within } from "../../deadline.ts";
import { ClosedError, DeadlineError } from "../../errors.ts";
import { finite, integer } from "../../options.ts";
import { thrownText } from "../../thrown-text.ts";
import { PushBuffer, type PushChunk } from "./push-buffer.ts";
import type { PushOptions } from "./push-options.ts";

/** The way to a server. */
export interface PushWire {
  /**
   * Connects where there is no connection, and hands the bytes to the system.
   * @returns settles when the system has all of them; rejects when it can't take them
   */
  send(bytes: Uint8Array): Promise<void>;
  /** Gives the connection up; a `send` that is under way rejects. The next one connects anew. */
  reset(): void;
}

/** What a loop sends, to where. */
export interface PushJob {
  /** For people and labels: `graphite://127.0.0.1:2003`. */
  readonly name: string;
  readonly wire: PushWire;
  /** All series as they are now; may pause between chunks. */
  encode(): AsyncIterable<PushChunk>;
  /**
   * Points know their time, and may be sent late and twice: each push adds its own to what waits. Without it, nothing is
   * encoded while anything waits, and what was under way when a push failed is not sent again.
   */
  readonly resendable: boolean;
}

/** Counts of a loop. */
export interface PushStats {
  /** Pushes after which nothing waited. */
  readonly pushes: number;
  /** Pushes that failed. */
  readonly failures: number;
  /** Intervals without a push, because the one before was still under way. */
  readonly skipped: number;
  /** Points handed to the system. UDP, and a connection that breaks later, may still lose them. */
  readonly sentPoints: number;
  readonly sentBytes: number;
  /** Points given up: the buffer was full, the server can't be sent them twice, or the sink was closed. */
  readonly droppedPoints: number;
  /** Bytes that wait now. */
  readonly bufferedBytes: number;
  /** Of the last push, if it failed. */
  readonly lastError: unknown;
}

/**
 * Pushes at an interval, one push at a time, and never lets a server that is down, slow or full cost more than a
 * bounded buffer. After a failure the next attempts wait, each twice as long as the one before, with jitter.
 * Its timers and sockets keep no process alive, except while `flush` or `close` is awaited.
 */
export class PushLoop {
  readonly #job: PushJob;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #intervalMs: number;
  readonly #timeoutMs: number;
  readonly #closeTimeoutMs: number;
  readonly #maxBackoffMs: number;
  readonly #buffer: PushBuffer;
  /** Ends what is waited for when `close` has waited long enough. */
  readonly #patience = new AbortController();
  #timer: TimerHandle;
  #dueAt: number;
  #retryAt = Number.NEGATIVE_INFINITY;
  #failuresInRow = 0;
  #running: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #pushes = 0;
  #failures = 0;
  #skipped = 0;
  #sentPoints = 0;
  #sentBytes = 0;
  #unconfirmed = 0;
  #lastError: unknown;

  /**
   * @param random 0 ≤ x < 1
   * @throws {RangeError} on an option out of its bounds
   */
  constructor(job: PushJob, options: PushOptions, random: () => number = Math.random) {
    const { intervalMs = 10_000, timeoutMs = 5_000, closeTimeoutMs = 5_000 } = options;
    this.#job = job;
    this.#random = random;
    this.#clock = options.clock ?? systemClock;
    this.#intervalMs = finite("intervalMs", intervalMs, 100);
    this.#timeoutMs = finite("timeoutMs", timeoutMs, 1);
    this.#closeTimeoutMs = finite("closeTimeoutMs", closeTimeoutMs, 0);
    this.#maxBackoffMs = finite("maxBackoffMs", options.maxBackoffMs ?? 60_000, 0);
    this.#buffer = new PushBuffer(integer("maxBufferBytes", options.maxBufferBytes ?? 1_048_576, 65_536));
    this.#dueAt = this.#clock.now() + random() * this.#intervalMs;
    this.#schedule();
  }

  /**
   * Pushes now, whatever the interval and the pause after a failure; waits for a push that is under way first.
   * Never rejects for the server's sake: `stats` tell of failures.
   * @throws {ClosedError} after `close`
   */
  async flush(): Promise<void> {
    if (this.#closing) throw new ClosedError(this.#job.name);
    await awake(async () => {
      while (this.#running) await this.#running;
      await (this.#closing ?? this.#run(this.#clock.now() + this.#timeoutMs, true));
    });
  }

  /** Sends what there is, as far as `closeTimeoutMs` allows, and ends. May be called again. */
  close(): Promise<void> {
    this.#closing ??= awake(() => this.#close());
    return this.#closing;
  }

  stats(): PushStats {
    return {
      pushes: this.#pushes,
      failures: this.#failures,
      skipped: this.#skipped,
      sentPoints: this.#sentPoints,
      sentBytes: this.#sentBytes,
      droppedPoints: this.#buffer.dropped + this.#unconfirmed,
      bufferedBytes: this.#buffer.sizeBytes,
      lastError: this.#lastError,
    };
  }

  #schedule(): void {
    const tick = (): void => {
      if (this.#closing) return;
      const now = this.#clock.now();
      // After a long block the missed ones aren't made up for.
      this.#dueAt += Math.max(1, Math.ceil((now - this.#dueAt) / this.#intervalMs)) * this.#intervalMs;
      this.#schedule();
      if (this.#running) this.#skipped++;
      else void this.#run(now + this.#timeoutMs, false);
    };
    this.#timer = this.#clock.setTimeout(tick, Math.max(0, this.#dueAt - this.#clock.now()));
  }

  async #close(): Promise<void> {
    this.#clock.clearTimeout(this.#timer);
    const deadline = this.#clock.now() + this.#closeTimeoutMs;
    if (this.#running && !(await this.#inTime(this.#running, deadline))) {
      this.#patience.abort(new DeadlineError(`close of ${this.#job.name}`, this.#closeTimeoutMs));
      await this.#running;
    }
    if (this.#clock.now() < deadline) await this.#run(deadline, true);
    this.#buffer.clear();
    this.#job.wire.reset();
  }

  /** @returns whether `promise`, which never rejects, has settled by `deadline` */
  #inTime(promise: Promise<void>, deadline: number): Promise<boolean> {
    const settled = promise.then(() => true);
    return within(settled, { deadline }, "push", this.#timeoutMs, this.#clock).catch(() => false);
  }

  /** Never rejects. */
  #run(deadline: number, evenInPause: boolean): Promise<void> {
    this.#running = this.#push(deadline, evenInPause)
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }

  async #push(deadline: number, evenInPause: boolean): Promise<void> {
    if (!evenInPause && this.#clock.now() < this.#retryAt) {
      if (this.#job.resendable) for await (const chunk of this.#job.encode()) this.#buffer.add(chunk);
      return;
    }
    let failure: { readonly error: unknown } | undefined;
    const drain = async (): Promise<void> => {
      if (failure) return;
      try {
        await this.#drain(deadline);
      } catch (error) {
        failure = { error };
      }
    };
    // Sent as it is encoded, so that a collection may be larger than the buffer.
    if (this.#job.resendable || this.#buffer.empty)
      for await (const chunk of this.#job.encode()) {
        this.#buffer.add(chunk);
        await drain();
      }
    await drain();
    if (failure) throw failure.error;
    this.#pushes++;
    this.#failuresInRow = 0;
    this.#retryAt = Number.NEGATIVE_INFINITY;
    this.#lastError = undefined;
  }

  async #drain(deadline: number): Promise<void> {
    const { wire, resendable, name } = this.#job;
    const { signal } = this.#patience;
    for (let chunk = this.#buffer.take(); chunk; chunk = this.#buffer.take()) {
      try {
        const sent = wire.send(chunk.bytes);
        await within(sent, { deadline, signal }, `push to ${name}`, this.#timeoutMs, this.#clock);
      } catch (error) {
        if (resendable) this.#buffer.putBack(chunk);
        else {
          this.#unconfirmed += chunk.points;
          this.#buffer.settle();
        }
        throw error;
      }
      this.#buffer.settle();
      this.#sentPoints += chunk.points;
      this.#sentBytes += chunk.bytes.length;
    }
  }

  #failed(error: unknown): void {
    this.#job.wire.reset();
    this.#lastError = error;
    if (this.#failures++ === 0) warn(this.#job.name, error);
    const pauseMs = Math.min(this.#maxBackoffMs, this.#intervalMs * 2 ** Math.min(30, this.#failuresInRow++));
    this.#retryAt = this.#clock.now() + pauseMs * (0.5 + 0.5 * this.#random());
  }
}

function warn(name: string, error: unknown): void {
  process.emitWarning(`metrics can't be pushed to ${name}, and are tried again: ${thrownText(error)}`, {
    code: "VICTOR_METRIC_SINK",
  });
}

/** Keeps the process alive while `work` is awaited: its sockets and timers don't. */
async function awake(work: () => Promise<void>): Promise<void> {
  const hold = setInterval(() => undefined, 2 ** 31 - 1);
  try {
    await work();
  } finally {
    clearInterval(hold);
  }
}
