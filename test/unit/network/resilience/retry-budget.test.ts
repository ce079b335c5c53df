import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../../../../src/measure/random.ts";
import { RetryBudget } from "../../../../src/network/resilience/retry-budget.ts";

test("a token is earned by ten calls, or by two and a half that succeed, and never more than fit", () => {
  const budget = new RetryBudget({ initialTokens: 0, capacity: 2 });
  for (let i = 0; i < 9; i++) budget.call();
  expect(budget.tryWithdraw()).toBe(false);
  budget.call();
  expect(budget.tryWithdraw()).toBe(true);
  for (let i = 0; i < 5; i++) budget.succeed();
  expect(budget.tokens).toBeCloseTo(2);
  for (let i = 0; i < 100; i++) budget.succeed();
  expect(budget.tokens).toBe(2);
  expect(budget.stats()).toEqual({
    tokens: 2,
    capacity: 2,
    calls: 10,
    successes: 105,
    withdrawn: 1,
    denied: 1,
  });
});

test("whatever the order, no more is withdrawn than was earned", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("call", "succeed", "withdraw"), { maxLength: 300 }),
      fc.double({ min: 0, max: 2, noNaN: true }),
      fc.double({ min: 0, max: 2, noNaN: true }),
      fc.integer({ min: 1, max: 20 }),
      (steps, creditPerCall, creditPerSuccess, capacity) => {
        const initialTokens = capacity / 2;
        const budget = new RetryBudget({ creditPerCall, creditPerSuccess, capacity, initialTokens });
        let withdrawn = 0;
        for (const step of steps) {
          if (step === "call") budget.call();
          else if (step === "succeed") budget.succeed();
          else if (budget.tryWithdraw()) withdrawn++;
          const { calls, successes } = budget.stats();
          expect(withdrawn).toBeLessThanOrEqual(
            initialTokens + calls * creditPerCall + successes * creditPerSuccess + 1e-6,
          );
          expect(budget.tokens).toBeGreaterThanOrEqual(0);
          expect(budget.tokens).toBeLessThanOrEqual(capacity);
        }
      },
    ),
  );
});

/** Calls of up to four attempts, each failing by chance. @returns what share succeeded, and how many requests a call took */
function simulate(budget: RetryBudget, failureRate: number, calls: number) {
  const random = seededRandom(11);
  let [succeeded, requests] = [0, 0];
  for (let i = 0; i < calls; i++) {
    budget.call();
    for (let attempt = 0; attempt < 4; attempt++) {
      requests++;
      if (random() >= failureRate) {
        budget.succeed();
        succeeded++;
        break;
      }
      if (attempt === 3 || !budget.tryWithdraw()) break;
    }
  }
  return { success: succeeded / calls, load: requests / calls };
}

test("at 22 % failures the defaults bring 99.7 % success, and a fifth for each success only 94 %", () => {
  expect(simulate(new RetryBudget(), 0.22, 20_000).success).toBeGreaterThan(0.995);
  const fifth = new RetryBudget({ creditPerCall: 0, creditPerSuccess: 0.2, initialTokens: 0 });
  expect(simulate(fifth, 0.22, 20_000).success).toBeLessThan(0.95);
});

test("in an outage 1,000 calls send at most 1.2 requests each, however full the budget was", () => {
  const budget = new RetryBudget({ initialTokens: 100 });
  expect(simulate(budget, 1, 1000).load).toBeLessThanOrEqual(1.2);
});

test("it says what is wrong with an option", () => {
  expect(() => new RetryBudget({ capacity: 0 })).toThrow("capacity: expected a finite number ≥ 1, got 0");
  expect(() => new RetryBudget({ capacity: 5, initialTokens: 6 })).toThrow("initialTokens");
  expect(() => new RetryBudget({ credits: 1 } as object)).toThrow('unknown option "credits"');
});
