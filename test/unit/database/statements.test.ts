import { expect, test } from "vitest";
import { noteCost, provenCheap, type Statement } from "../../../src/database/statements.ts";

const statement = (): Statement => ({ runs: 0, costMs: 0 }) as Statement;
const run = (of: Statement, durationMs: number, times: number): void => {
  for (let i = 0; i < times; i++) noteCost(of, durationMs);
};

test("a statement is proven cheap by 32 runs below 10 µs, not by 31", () => {
  const cheap = statement();
  run(cheap, 0.009, 31);
  expect(provenCheap(cheap)).toBe(false);
  run(cheap, 0.009, 1);
  expect(provenCheap(cheap)).toBe(true);
});

test("a statement of 10 µs never is", () => {
  const dear = statement();
  run(dear, 0.01, 1000);
  expect(provenCheap(dear)).toBe(false);
});

test("one run that was held up doesn't count against a cheap statement, a lasting change does", () => {
  const changing = statement();
  run(changing, 0.002, 100);
  run(changing, 500, 1);
  expect(provenCheap(changing)).toBe(true);
  run(changing, 0.05, 10);
  expect(provenCheap(changing)).toBe(false);
  run(changing, 0.002, 100);
  expect(provenCheap(changing)).toBe(true);
});
