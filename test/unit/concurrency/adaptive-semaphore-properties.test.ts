import fc from "fast-check";
import { expect, test } from "vitest";
import { AdaptiveSemaphore } from "../../../src/concurrency/adaptive-semaphore.ts";
import type { Permit } from "../../../src/concurrency/permit.ts";
import { ClosedError, LimitExceededError, PermitReleasedError } from "../../../src/errors.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { type ModelOptions, SemaphoreModel } from "../../support/semaphore-model.ts";

/** Half of it on average. */
const mostOperations = 400;
/** 10⁵ operations in all, in the long form 10⁶. */
const numRuns = process.env.VICTOR_LONG ? 5_000 : 500;
const timeoutMs = 600_000;

type Operation =
  | {
      readonly type: "acquire";
      readonly weight: number;
      readonly priority: number;
      /** Milliseconds from now. */
      readonly deadlineIn: number | undefined;
      readonly isAbsolute: boolean;
      readonly partition: number;
      readonly signal: number | undefined;
      readonly asValue: boolean;
    }
  | { readonly type: "tryAcquire"; readonly weight: number; readonly partition: number }
  | {
      readonly type: "release";
      readonly which: number;
      readonly dropped: boolean;
      readonly isDisposed: boolean;
    }
  | { readonly type: "releaseAgain"; readonly which: number }
  | { readonly type: "abort"; readonly signal: number }
  | { readonly type: "pass" | "block"; readonly ms: number }
  | { readonly type: "setLimit"; readonly limit: number };

const signals = 3;
const maxConcurrent = 8;
const weights = fc.oneof(
  { weight: 4, arbitrary: fc.constant(1) },
  fc.integer({ min: 1, max: maxConcurrent }),
);
const partition = fc.integer({ min: 0, max: 2 });
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant("acquire" as const),
      weight: weights,
      priority: fc.integer({ min: -2, max: 2 }),
      deadlineIn: fc.option(fc.integer({ min: -1, max: 40 }), { nil: undefined }),
      isAbsolute: fc.boolean(),
      partition,
      signal: fc.option(fc.integer({ min: 0, max: signals - 1 }), { nil: undefined }),
      asValue: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("tryAcquire" as const), weight: weights, partition }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("release" as const),
      which: fc.nat(100),
      dropped: fc.boolean(),
      isDisposed: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("releaseAgain" as const), which: fc.nat(100) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("abort" as const),
      signal: fc.integer({ min: 0, max: signals - 1 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constantFrom("pass" as const, "block" as const),
      ms: fc.integer({ min: 0, max: 15 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("setLimit" as const),
      limit: fc.integer({ min: 1, max: maxConcurrent + 2 }),
    }),
  },
);

const setups = fc.record({
  limit: fc.integer({ min: 1, max: maxConcurrent }),
  queueLimit: fc.integer({ min: 0, max: 8 }),
  queueDelayMs: fc.constantFrom(25, Number.POSITIVE_INFINITY),
  agingMs: fc.constantFrom(0, 5, 20),
  isShared: fc.boolean(),
  closesEarly: fc.boolean(),
});

test(
  "no permit is lost or invented, and turns are as promised, whatever happens",
  async () => {
    await fc.assert(
      fc.asyncProperty(
        setups,
        fc.array(operation, { maxLength: mostOperations, size: "max" }),
        async ({ isShared, closesEarly, ...options }, operations) => {
          const run = new Run({
            ...options,
            maxConcurrent,
            shares: isShared ? { "": 0.25, a: 0.5, b: 0.25 } : { "": 1 },
          });
          for (const each of operations) await run.step(each);
          await run.end(closesEarly);
        },
      ),
      { numRuns },
    );
  },
  timeoutMs,
);

/** A semaphore and its model, side by side. */
class Run {
  readonly #clock = new ManualClock();
  readonly #semaphore: AdaptiveSemaphore;
  readonly #model: SemaphoreModel;
  readonly #partitions: readonly string[];
  readonly #signals = Array.from({ length: signals }, () => new AbortController());
  readonly #permits = new Map<number, Permit>();
  readonly #spent: Permit[] = [];
  #granted: number[] = [];
  #refused: string[] = [];
  #ids = 0;

  constructor(options: ModelOptions) {
    const { shares, ...rest } = options;
    const { "": _, ...partitions } = shares;
    this.#partitions = Object.keys(shares);
    this.#semaphore = new AdaptiveSemaphore("tested", { ...rest, partitions, clock: this.#clock });
    this.#model = new SemaphoreModel(options);
  }

  async step(operation: Operation): Promise<void> {
    this.#do(operation);
    await flush();
    const model = this.#model;
    expect(this.#granted).toEqual(
      operation.type === "acquire" ? this.#asHeard(model.granted) : model.granted,
    );
    expect(this.#refused.sort()).toEqual(model.refused.sort());
    expect(this.#semaphore.inFlight).toBe(model.inFlight);
    expect(this.#semaphore.queued).toBe(model.waiting.length);
    expect(model.isSomebodyKeptWaiting()).toBe(false);
    this.#granted = [];
    this.#refused = [];
    model.granted = [];
    model.refused = [];
  }

  /** Everybody gets a permit or leaves, and all permits come back. */
  async end(closesEarly: boolean): Promise<void> {
    const closing = closesEarly ? this.#close() : undefined;
    while (this.#permits.size > 0)
      await this.step({ type: "release", which: 0, dropped: false, isDisposed: true });
    expect(this.#semaphore.queued).toBe(0);
    expect(this.#semaphore.inFlight).toBe(0);
    const { acquired, released, rejected } = this.#semaphore.stats();
    expect(released).toBe(acquired);
    expect(acquired + Object.values(rejected).reduce((sum, count) => sum + count)).toBe(this.#ids);
    expect(this.#clock.pending).toBe(0);
    await (closing ?? this.#semaphore.close());
  }

  #close(): Promise<void> {
    const closing = this.#semaphore.close();
    for (const waiter of this.#model.waiting) this.#model.leave(waiter, "closed");
    return closing;
  }

  /** The latest comer listens to its promise only after all that its coming has settled. */
  #asHeard(granted: readonly number[]): readonly number[] {
    const latest = this.#ids - 1;
    return granted.includes(latest) ? [...granted.filter((id) => id !== latest), latest] : granted;
  }

  #do(operation: Operation): void {
    const now = this.#clock.now();
    const model = this.#model;
    switch (operation.type) {
      case "acquire":
        this.#acquire(operation, now);
        break;
      case "tryAcquire": {
        const name = this.#partitionName(operation.partition);
        const permit = this.#semaphore.tryAcquire({
          weight: this.#weight(operation.weight),
          ...(name && { partition: name }),
        });
        const id = this.#ids;
        expect(permit !== undefined).toBe(model.tryAcquire(id, this.#weight(operation.weight), name));
        if (permit !== undefined) {
          this.#permits.set(id, permit);
          this.#ids++;
        }
        break;
      }
      case "release": {
        const held = Array.from(this.#permits);
        const [id, permit] = held[operation.which % Math.max(1, held.length)] ?? [];
        if (id === undefined || permit === undefined) break;
        if (operation.isDisposed) permit[Symbol.dispose]();
        else permit.release({ dropped: operation.dropped });
        this.#permits.delete(id);
        this.#spent.push(permit);
        model.release(id, now, operation.dropped && !operation.isDisposed);
        break;
      }
      case "releaseAgain": {
        const permit = this.#spent[operation.which % Math.max(1, this.#spent.length)];
        if (permit === undefined) break;
        expect(() => permit.release()).toThrow(PermitReleasedError);
        permit[Symbol.dispose]();
        break;
      }
      case "abort":
        this.#signals[operation.signal]!.abort(operation.signal);
        this.#signals[operation.signal] = new AbortController();
        model.abort(operation.signal, now);
        break;
      case "pass":
        this.#clock.pass(operation.ms);
        model.pass(now, now + operation.ms);
        break;
      case "block":
        this.#clock.block(operation.ms);
        break;
      case "setLimit":
        this.#semaphore.setLimit(operation.limit);
        model.setLimit(operation.limit, now);
    }
  }

  #acquire(operation: Extract<Operation, { type: "acquire" }>, now: number): void {
    const id = this.#ids++;
    const { priority, signal, deadlineIn, isAbsolute } = operation;
    const name = this.#partitionName(operation.partition);
    const weight = this.#weight(operation.weight);
    const options = {
      weight,
      priority,
      ...(name && { partition: name }),
      signal: signal === undefined ? undefined : this.#signals[signal]!.signal,
      deadline: isAbsolute && deadlineIn !== undefined ? now + deadlineIn : undefined,
      timeoutMs: isAbsolute || deadlineIn === undefined ? undefined : Math.max(0, deadlineIn),
    };
    const granted = (permit: Permit): void => {
      this.#permits.set(id, permit);
      this.#granted.push(id);
    };
    const refused = (reason: unknown): void => void this.#refused.push(`${id} ${reason}`);
    if (operation.asValue)
      void this.#semaphore
        .acquireOrReject(options)
        .then((admission) => (admission.isGranted ? granted(admission.permit) : refused(admission.reason)));
    else
      void this.#semaphore
        .acquire(options)
        .then(granted, (error: unknown) =>
          refused(
            error instanceof LimitExceededError
              ? error.reason
              : error instanceof ClosedError
                ? "closed"
                : "aborted",
          ),
        );
    const deadlineMs = deadlineIn === undefined ? Number.POSITIVE_INFINITY : now + deadlineIn;
    this.#model.acquire({ id, partition: name, weight, priority, sinceMs: now, signal }, deadlineMs);
  }

  /** A fixed limit refuses what is heavier. */
  #weight(weight: number): number {
    return Math.min(weight, this.#model.limit);
  }

  #partitionName(index: number): string {
    return this.#partitions[index % this.#partitions.length]!;
  }
}

/** Promises of permits are a few steps deep. */
async function flush(): Promise<void> {
  for (let i = 0; i < 6; i++) await undefined;
}
