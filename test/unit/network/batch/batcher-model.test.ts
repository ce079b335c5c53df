import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Batcher, createBatcher } from "../../../../src/network/batch/batcher.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";

interface Step {
  readonly what: "load" | "load with signal" | "abort" | "wait" | "answer" | "fail" | "spoil";
  readonly key: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom("load", "load", "load with signal", "abort", "wait", "answer", "fail", "spoil"),
  key: fc.nat(6),
});
const options = fc.record({
  maxBatchSize: fc.integer({ min: 1, max: 4 }),
  maxWaitMs: fc.constantFrom(0, 3),
  maxConcurrency: fc.integer({ min: 1, max: 3 }),
  maxQueue: fc.integer({ min: 1, max: 8 }),
});

/** An answer whose last item throws when it is looked at. */
function spoilt(items: readonly string[]): string[] {
  const last = String(items.length - 1);
  return new Proxy([...items], {
    get(target, name, receiver) {
      if (name === last) throw new Error("spoilt");
      return Reflect.get(target, name, receiver) as unknown;
    },
  });
}

describe("a batcher under any order of events", () => {
  it("settles every load once with its own value, sends no waiting key twice, and holds its bounds", async () => {
    await fc.assert(
      fc.asyncProperty(options, fc.array(step, { maxLength: 40 }), async (chosen, steps) => {
        const clock = new FakeClock();
        const open: { keys: readonly number[]; settle: PromiseWithResolvers<string[]> }[] = [];
        const send = (keys: readonly number[]): Promise<string[]> => {
          expect(keys.length).toBeGreaterThan(0);
          expect(keys.length).toBeLessThanOrEqual(chosen.maxBatchSize);
          expect(new Set(keys).size).toBe(keys.length);
          const settle = Promise.withResolvers<string[]>();
          open.push({ keys, settle });
          expect(open.length).toBeLessThanOrEqual(chosen.maxConcurrency);
          return settle.promise;
        };
        const batcher: Batcher<number, string> = createBatcher({ ...chosen, send, clock });
        const signals: AbortController[] = [];
        const outcomes: Promise<boolean>[] = [];
        for (const { what, key } of steps) {
          if (what === "load" || what === "load with signal") {
            const controller = new AbortController();
            if (what !== "load") signals.push(controller);
            outcomes.push(
              batcher.load(key, what === "load" ? undefined : controller).then(
                (value) => value === `v${key}`,
                (error) => error instanceof Error,
              ),
            );
          } else if (what === "abort") signals[key % Math.max(1, signals.length)]?.abort(new Error("left"));
          else if (what === "wait") await clock.advance(key);
          else {
            await settle();
            const [sent] = open.splice(key % Math.max(1, open.length), 1);
            if (what === "spoil") sent?.settle.resolve(spoilt(sent.keys.map((each) => `v${each}`)));
            else if (what === "fail") sent?.settle.reject(new Error("down"));
            else sent?.settle.resolve(sent.keys.map((each) => `v${each}`));
            await settle();
          }
          expect(batcher.stats().waiting).toBeLessThanOrEqual(chosen.maxQueue);
        }
        const closing = batcher.close();
        for (await settle(); open.length > 0; await settle())
          for (const { keys, settle } of open.splice(0)) settle.resolve(keys.map((each) => `v${each}`));
        await closing;
        expect(await Promise.all(outcomes)).toEqual(outcomes.map(() => true));
        expect(batcher.stats()).toMatchObject({ waiting: 0, sending: 0 });
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});
