import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { spawnSync } from "node:child_process";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { callInContext } from "../../../src/concurrency/task-context.ts";
import { leaveOutOnlyValue } from "../../../src/profiler/context-frame.ts";
import { PerformanceProfiler } from "../../../src/profiler/index.ts";

const seen = (resource: AsyncResource, storage: AsyncLocalStorage<string>) =>
  resource.runInAsyncScope(() => storage.getStore());

test("a context of one value is left out, for the calls of that resource alone", () => {
  const storage = new AsyncLocalStorage<string>();
  storage.run("one", () => {
    const resource = new AsyncResource("TEST");
    leaveOutOnlyValue(resource, storage);
    expect(seen(resource, storage)).toBeUndefined();
    expect(storage.getStore()).toBe("one");
    expect(seen(new AsyncResource("TEST"), storage)).toBe("one");
  });
});

test("a context of several values stays, and so does one that is empty", () => {
  const [storage, other] = [new AsyncLocalStorage<string>(), new AsyncLocalStorage<string>()];
  const outside = new AsyncResource("TEST");
  leaveOutOnlyValue(outside, storage);
  expect(seen(outside, storage)).toBeUndefined();
  storage.run("one", () =>
    other.run("two", () => {
      const resource = new AsyncResource("TEST");
      leaveOutOnlyValue(resource, storage);
      expect(seen(resource, storage)).toBe("one");
      expect(seen(resource, other)).toBe("two");
    }),
  );
});

test("a single value of another storage stays", () => {
  const [storage, other] = [new AsyncLocalStorage<string>(), new AsyncLocalStorage<string>()];
  other.run("two", () => {
    const resource = new AsyncResource("TEST");
    leaveOutOnlyValue(resource, storage);
    expect(seen(resource, other)).toBe("two");
  });
});

test("loading the module leaves nothing in the program's contexts", () => {
  const url = new URL("../../../src/profiler/context-frame.ts", import.meta.url).href;
  const script = `
    import { AsyncResource } from "node:async_hooks";
    import ${JSON.stringify(url)};
    const resource = new AsyncResource("TEST");
    console.log(Object.getOwnPropertySymbols(resource).filter((key) => typeof resource[key]?.get === "function").length);
  `;
  const args = ["--no-warnings", "--input-type=module", "--eval", script];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(stdout.trim()).toBe("0");
});

test("a span at the top of a pool's task leaves the task's context to other profilers", () => {
  const outside = new PerformanceProfiler();
  const submitted = outside.span("submit", () => outside.taskContext()!);
  const [first, second] = [new PerformanceProfiler(), new PerformanceProfiler()];
  const parentOf = () => {
    second.span("s", () => undefined);
    return second.getReport().spans.at(-1)!.parentId;
  };
  expect(callInContext(submitted, parentOf, [])).toBe(submitted.place);
  expect(callInContext(submitted, () => first.span("first", parentOf), [])).toBe(submitted.place);
});

/** Calls it so that what it enters ends with it. */
const apart = <T>(fn: () => T): T => new AsyncResource("TEST").runInAsyncScope(fn);

/** What a program does: in a span or beside another storage's value, then within it, one after the other. */
interface Step {
  readonly does: "span" | "async span" | "start" | "user" | "enter" | "throw" | "await" | "later";
  readonly within: readonly Step[];
}
const { step } = fc.letrec<{ step: Step }>((tie) => ({
  step: fc.record({
    does: fc.constantFrom("span", "async span", "start", "user", "enter", "throw", "await", "later"),
    within: fc.oneof({ maxDepth: 4 }, fc.constant([]), fc.array(tie("step"), { maxLength: 3 })),
  }),
}));

test("whatever a program nests, each place sees its own span and its own values of other storages", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 5 }), fc.boolean(), async (program, isBeside) => {
      const profiler = new PerformanceProfiler();
      const users = new AsyncLocalStorage<number>();
      const late: Promise<void>[] = [];
      let last = 0;
      const expectHere = (span: number | undefined, user: number | undefined) => {
        expect(profiler.current()?.id).toBe(span);
        expect(users.getStore()).toBe(user);
      };
      async function run(steps: readonly Step[], span: number | undefined, given: number | undefined) {
        let user = given;
        for (const { does, within } of steps) {
          expectHere(span, user);
          const around = user;
          const number = ++last;
          if (does === "span") profiler.span("s", ({ id }) => expectHere(id, around));
          if (does === "span" || does === "async span")
            await profiler.span("s", ({ id }) => run(within, id, around));
          if (does === "start")
            await apart(async () => {
              using started = profiler.start("s");
              await run(within, started.id, around);
            });
          if (does === "user") await users.run(number, () => run(within, span, number));
          if (does === "enter") {
            users.enterWith(number);
            user = number;
          }
          if (does === "throw") {
            const boom = () => {
              throw new Error("boom");
            };
            expect(() => profiler.span("s", boom)).toThrow("boom");
          }
          if (does === "await") await turn();
          if (does === "later")
            profiler.span("s", ({ id }) => {
              late.push(turn().then(() => run(within, id, around)));
            });
          expectHere(span, user);
        }
      }
      const all = () => run(program, undefined, isBeside ? 0 : undefined);
      await apart(() => (isBeside ? users.run(0, all) : all()));
      while (late.length > 0) await late.pop();
      expect(profiler.stats().open).toBe(0);
    }),
    { numRuns: 60 },
  );
});
