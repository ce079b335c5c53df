import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { spawnSync } from "node:child_process";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { callInContext } from "../../../src/concurrency/task-context.ts";
import { ContextFrame } from "../../../src/profiler/context-frame.ts";
import { PerformanceProfiler } from "../../../src/profiler/index.ts";

/** Calls `fn` in a context of one more value, as a span does. */
const within = <T>(storage: AsyncLocalStorage<string>, value: string, fn: () => T): T => {
  const resource = new AsyncResource("TEST");
  const frame = new ContextFrame(storage, value);
  expect(frame.precede(resource)).toBe(true);
  return resource.runInAsyncScope(fn);
};

/** Calls it so that what it enters ends with it. */
const apart = <T>(fn: () => T): T => new AsyncResource("TEST").runInAsyncScope(fn);

test("a value stands before those of other storages, for the calls of that resource alone", () => {
  const [storage, other] = [new AsyncLocalStorage<string>(), new AsyncLocalStorage<string>()];
  const seen = () => [storage.getStore(), other.getStore()];
  other.run("two", () => {
    expect(within(storage, "one", seen)).toEqual(["one", "two"]);
    expect(seen()).toEqual([undefined, "two"]);
    expect(within(storage, "one", () => within(storage, "inner", seen))).toEqual(["inner", "two"]);
    expect(within(storage, "one", () => other.run("three", seen))).toEqual(["one", "three"]);
    expect(within(storage, "one", () => other.exit(seen))).toEqual(["one", undefined]);
    expect(within(storage, "one", () => storage.exit(seen))).toEqual([undefined, "two"]);
  });
});

test("beside others, a context that has a value of the storage already is copied, so that no value keeps the one before", () => {
  const [storage, other] = [new AsyncLocalStorage<string>(), new AsyncLocalStorage<string>()];
  const precedes = () => new ContextFrame(storage, "new").precede(new AsyncResource("TEST"));
  apart(() => {
    expect(storage.run("old", precedes)).toBe(true);
    expect(other.run("two", precedes)).toBe(true);
    expect(storage.run("old", () => other.run("two", precedes))).toBe(false);
    expect(within(storage, "old", () => other.run("two", precedes))).toBe(false);
    expect(other.run("two", () => within(storage, "old", precedes))).toBe(true);
  });
  apart(() => expect(within(storage, "old", () => within(other, "two", precedes))).toBe(false));
});

test("what is disabled within is so in that context alone", () => {
  const [storage, other] = [new AsyncLocalStorage<string>(), new AsyncLocalStorage<string>()];
  const seen = () => [storage.getStore(), other.getStore()];
  other.run("two", () => {
    within(storage, "one", () => {
      other.disable();
      expect(seen()).toEqual(["one", undefined]);
      expect(other.run("again", seen)).toEqual(["one", "again"]);
      storage.disable();
      expect(seen()).toEqual([undefined, undefined]);
      expect(within(storage, "back", seen)).toEqual(["back", undefined]);
    });
    expect(seen()).toEqual([undefined, "two"]);
  });
});

test("an entry without a value, as a storage's run leaves it behind, is no reason for a copy", () => {
  const [storage, other] = [new AsyncLocalStorage<string>(), new AsyncLocalStorage<string>()];
  apart(() => {
    storage.run("gone", () => undefined);
    other.run("two", () => {
      const seen = () => [storage.getStore(), other.getStore()];
      expect(within(storage, "one", seen)).toEqual(["one", "two"]);
      expect(within(storage, "one", () => other.run("three", seen))).toEqual(["one", "three"]);
    });
  });
});

test("a default value counts where there is none, and comes back where the storage is disabled", () => {
  const [storage, other] = [
    new AsyncLocalStorage<string>({ defaultValue: "none" }),
    new AsyncLocalStorage<string>(),
  ];
  expect(within(other, "two", () => storage.getStore())).toBe("none");
  within(storage, "one", () => {
    expect(storage.getStore()).toBe("one");
    storage.disable();
    expect(storage.getStore()).toBe("none");
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
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 120_000 });
  expect(stderr).toBe("");
  expect(stdout.trim()).toBe("0");
}, 150_000);

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
