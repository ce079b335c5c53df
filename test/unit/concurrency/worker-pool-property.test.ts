import fc from "fast-check";
import { expect, test } from "vitest";
import { WorkerPool } from "../../../src/concurrency/worker-pool.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { instant, lasting, SimulatedThreads } from "../../support/simulated-threads.ts";

interface Submission {
  readonly kind: "submit";
  readonly lasting: boolean;
  readonly idempotent: boolean;
  readonly bound: number;
  /** Whether structured clone takes the arguments. */
  readonly clonable: boolean;
  readonly count: number;
}
type Step =
  | Submission
  | {
      readonly kind: "abort" | "toThread" | "toPool" | "finish" | "throw" | "crash" | "exit";
      readonly at: number;
    }
  | { readonly kind: "advance"; readonly ms: number }
  | { readonly kind: "resize"; readonly least: number; readonly most: number }
  | { readonly kind: "close" };

const at = fc.nat(20);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        kind: fc.constant("submit" as const),
        lasting: fc.boolean(),
        idempotent: fc.boolean(),
        bound: fc.nat(2),
        clonable: fc.nat(5).map((n) => n > 0),
        count: fc.integer({ min: 1, max: 5 }),
      }),
    },
    {
      weight: 16,
      arbitrary: fc.record({ kind: fc.constantFrom("toThread" as const, "toPool" as const), at }),
    },
    { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom("finish" as const, "throw" as const), at }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constantFrom("abort" as const, "crash" as const, "exit" as const),
        at,
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("advance" as const), ms: fc.nat(40) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("resize" as const),
        least: fc.integer({ min: 0, max: 2 }),
        most: fc.integer({ min: 2, max: 4 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("close" as const) }) },
  ),
  { minLength: 40, maxLength: 150, size: "max" },
);

interface Submitted {
  readonly id: number;
  readonly idempotent: boolean;
  readonly abort: AbortController | undefined;
  settlement: "fulfilled" | "rejected" | undefined;
  value: unknown;
  /** Runs it had had when it settled. */
  begunThen: number;
}

class Run {
  readonly clock = new FakeClock();
  readonly threads = new SimulatedThreads(this.clock);
  readonly tasks: Submitted[] = [];
  readonly pool = new WorkerPool(
    { maxWorkers: 3, queueLimit: 20, idleTimeoutMs: 100 },
    { clock: this.clock, startThread: this.threads.start },
  );
  closed: "no" | "asked" | "done" = "no";

  async do(step: Step): Promise<void> {
    const { living, running } = this.threads;
    const pick = <T>(from: readonly T[], index: number): T | undefined => from[index % from.length];
    switch (step.kind) {
      case "submit":
        for (let i = 0; i < step.count; i++) this.#submit(step);
        break;
      case "abort":
        pick(this.tasks, step.at)?.abort?.abort();
        break;
      case "toThread":
        pick(living, step.at)?.deliverToThread();
        break;
      case "toPool":
        pick(living, step.at)?.deliverToPool();
        break;
      case "finish":
        if (running.length > 0) this.threads.finish(step.at % running.length);
        break;
      case "throw":
        if (running.length > 0) this.threads.finish(step.at % running.length, new Error("thrown"));
        break;
      case "crash":
        pick(living, step.at)?.exit(7, new Error("crash"));
        break;
      case "exit":
        pick(
          living.filter(({ isEnding }) => isEnding),
          step.at,
        )?.exit(1);
        break;
      case "advance":
        await this.clock.advance(step.ms);
        break;
      case "resize":
        this.pool.resize({ minWorkers: step.least, maxWorkers: step.most });
        break;
      case "close":
        this.close();
    }
    // Often several things happen within one turn of the event loop.
    if (step.kind === "submit") return;
    await settle();
    // As long as somebody waits, the process must not end for want of something to wait for.
    if (this.tasks.some(({ settlement }) => settlement === undefined))
      expect(this.threads.living.some(({ keepsAlive }) => keepsAlive)).toBe(true);
  }

  close(): void {
    this.closed = this.closed === "done" ? "done" : "asked";
    this.pool.close().then(() => {
      this.closed = "done";
    });
  }

  /** Lets all end that can. */
  async quiet(): Promise<void> {
    // A step lets each thread get and send one message; many may be on their way.
    const mayGoOn = () => this.tasks.some(({ settlement }) => settlement === undefined);
    for (let i = 0; i < 200 || (i < 2000 && mayGoOn()); i++) {
      this.threads.step();
      await this.clock.advance(5);
    }
  }

  #submit(step: Submission): void {
    const { idempotent, bound } = step;
    const abort = bound === 1 ? new AbortController() : undefined;
    const id = this.tasks.length;
    const task: Submitted = { id, idempotent, abort, settlement: undefined, value: undefined, begunThen: 0 };
    this.tasks.push(task);
    const settled = (settlement: "fulfilled" | "rejected") => (value: unknown) => {
      Object.assign(task, { settlement, value, begunThen: this.threads.begun.get(id) ?? 0 });
    };
    const options = { idempotent, signal: abort?.signal, ...(bound === 2 && { timeoutMs: 20 }) };
    const fn: (id: number) => unknown = step.lasting ? lasting : instant;
    const args = step.clonable ? [id] : [id, () => undefined];
    this.pool.run(fn, args as [number], options).then(settled("fulfilled"), settled("rejected"));
  }
}

test("whatever happens to tasks and threads, each task settles once, with what became of it", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const run = new Run();
      for (const step of all) await run.do(step);
      await run.quiet();

      const { tasks, threads, pool } = run;
      expect(tasks.filter(({ settlement }) => settlement === undefined)).toEqual([]);
      for (const { id, idempotent, settlement, value, begunThen } of tasks) {
        const begun = threads.begun.get(id) ?? 0;
        // Only what is idempotent may run again, and not more often than is allowed.
        expect(begun).toBeLessThanOrEqual(idempotent ? 3 : 1);
        // Nothing runs for a caller who has his answer.
        expect(begun).toBe(begunThen);
        if (settlement === "fulfilled") expect([value, begun > 0]).toEqual([id, true]);
      }
      const closedRefusals = tasks.filter(
        ({ value }) => (value as { code?: string })?.code === "VICTOR_CLOSED",
      );
      const { completed, failed, aborted, timeouts, refused } = pool.stats();
      expect(completed + failed + aborted + timeouts + refused + closedRefusals.length).toBe(tasks.length);
      expect(completed).toBe(tasks.filter(({ settlement }) => settlement === "fulfilled").length);
      expect(pool.stats()).toMatchObject({ queued: 0, running: 0 });
      // Nobody is waited for, so nothing keeps the process alive.
      expect(threads.living.filter(({ keepsAlive }) => keepsAlive)).toEqual([]);

      run.close();
      await run.quiet();
      expect([run.closed, threads.living.length, run.clock.pending]).toEqual(["done", 0, 0]);
    }),
    { numRuns: process.env.VICTOR_LONG ? 5000 : 150 },
  );
});
