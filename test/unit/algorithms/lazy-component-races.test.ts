import fc from "fast-check";
import { expect, it } from "vitest";
import { LazyComponentLoader } from "../../../src/algorithms/lazy-component-loader.ts";
import { settle } from "../../support/fake-clock.ts";

const count = 4;
const each = [...Array(count).keys()];

type Command =
  | { readonly op: "get" | "unload"; readonly of: number }
  | { readonly op: "register" | "settle" }
  | { readonly op: "end"; readonly which: number; readonly fails: boolean }
  | { readonly op: "ticks"; readonly ticks: number };

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ op: fc.constantFrom("get", "unload"), of: fc.nat(count - 1) }) },
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constant("end"), which: fc.nat(5), fails: fc.nat(5).map((n) => n === 0) }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constantFrom("register", "settle") }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("ticks"), ticks: fc.nat(12) }) },
);
const graph = fc.tuple(...each.map((i) => fc.subarray(each.slice(0, i).map(String))));

/** Runs the commands on components of which the last `late` are registered on the way. @returns what went wrong */
async function play(dependencies: readonly string[][], late: number, commands: readonly Command[]) {
  const wrong: string[] = [];
  const state = each.map(() => "out");
  const needs = (of: number, on: number) => dependencies[of]!.includes(String(on));
  const loader = new LazyComponentLoader();
  const gates: PromiseWithResolvers<void>[] = [];
  const work = async (of: number, during: string, after: string) => {
    state[of] = during;
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    try {
      await gate.promise;
      state[of] = after;
    } catch (error) {
      state[of] = "out";
      throw error;
    }
  };
  const check = (of: number, expected: string, others: number[], theirs: string, doing: string) => {
    if (state[of] !== expected) wrong.push(`${doing} ${of}, which is ${state[of]}`);
    for (const other of others)
      if (state[other] !== theirs) wrong.push(`${doing} ${of} while ${other} is ${state[other]}`);
  };
  let registered = 0;
  const register = () => {
    const of = registered++;
    const needed = each.filter((on) => needs(of, on));
    loader.register(String(of), {
      dependencies: dependencies[of]!,
      load: async () => {
        check(of, "out", needed, "in", "loads");
        await work(of, "loading", "in");
        check(of, "in", needed, "in", "has loaded");
        return of;
      },
      unload: async () => {
        const dependents = each.filter((on) => needs(on, of));
        check(of, "in", dependents, "out", "unloads");
        await work(of, "leaving", "out");
      },
    });
  };
  while (registered < count - late) register();
  let pending = 0;
  const asked = (what: string, promise: Promise<unknown>) => {
    pending++;
    promise.then(
      () => pending--,
      (error) => {
        pending--;
        const codes = (error instanceof AggregateError ? error.errors : [error]).map(({ code }) => code);
        if (!codes.every((code) => /^VICTOR_COMPONENT_(UN)?LOAD$/.test(code)))
          wrong.push(`${what}: ${error}`);
      },
    );
  };
  for (const each of commands)
    if (each.op === "settle") await settle();
    else if (each.op === "ticks") for (let i = 0; i < each.ticks; i++) await undefined;
    else if (each.op === "end") {
      const [gate] = gates.splice(each.which % Math.max(1, gates.length), 1);
      if (each.fails) gate?.reject(new Error("failed"));
      else gate?.resolve();
    } else if (each.op === "register") {
      if (registered < count) register();
    } else if ("of" in each && each.of < registered)
      asked(`${each.op} ${each.of}`, loader[each.op](String(each.of)));
  const finish = async () => {
    for (let i = 0; i < 20; i++) {
      await settle();
      for (const gate of gates.splice(0)) gate.resolve();
    }
  };
  await finish();
  if (pending > 0) wrong.push(`${pending} wait for ever`);
  asked("close", loader.close());
  await finish();
  if (pending > 0 || state.some((one) => one !== "out")) wrong.push(`after close: ${pending}, ${state}`);
  return wrong;
}

it("unloads in order what is unloaded by several at the same time", async () => {
  const dependencies = [[], ["0"], ["1"], ["1"]];
  for (let ticks = 0; ticks < 12; ticks++)
    for (const orders of [
      [3, 1, 0],
      [2, 3, 0, 1],
      [1, 0, 2],
    ]) {
      const unloads = orders.flatMap((of): Command[] => [
        { op: "unload", of },
        { op: "ticks", ticks },
      ]);
      const commands: Command[] = [{ op: "get", of: 2 }, ...unloads, { op: "get", of: 3 }, ...unloads];
      expect(await play(dependencies, 0, commands), `${orders}, ${ticks} ticks`).toEqual([]);
    }
});

it("keeps dependencies loaded as long as dependents, and nobody waiting, whatever happens at the same time", async () => {
  await fc.assert(
    fc.asyncProperty(graph, fc.nat(2), fc.array(command, { maxLength: 40, size: "max" }), async (...run) => {
      expect(await play(...run)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});
