import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checkedRules } from "../../../src/alerts/index.ts";

const threshold = { kind: "threshold", name: "busy", metric: "load", above: 1 };
const burn = {
  kind: "burn-rate",
  name: "slo",
  objective: 0.99,
  total: { metric: "a" },
  bad: { metric: "b" },
};
const degradation = { kind: "degradation", name: "slower", metric: "a", direction: "up" };

test("rules of every kind come through JSON unchanged, and can't be changed afterwards", () => {
  const text = readFileSync(new URL("../../fixtures/alert-rules.json", import.meta.url), "utf8");
  const rules = checkedRules(JSON.parse(text));
  expect(rules).toEqual(JSON.parse(text));
  expect(new Set(rules.map(({ kind }) => kind)).size).toBe(5);
  expect(Object.isFrozen(rules[0])).toBe(true);
});

test.each([
  ["no array", { rules: 1 }, "rules: expected an array of rules, got an object"],
  ["no object", [3], "rules[0]: expected an object of options, got 3"],
  ["an unknown kind", [{ ...threshold, kind: "magic" }], 'rules[0].kind: expected one of "threshold"'],
  ["no name", [{ ...threshold, name: "" }], "rules[0].name: expected 1 to 200 characters"],
  ["a name given twice", [threshold, threshold], "rules[1].name: expected a name that no rule before it has"],
  ["an unknown key", [{ ...threshold, treshold: 1 }], 'rules[0] "busy": unknown option "treshold"'],
  ["a key of another kind", [{ ...threshold, objective: 1 }], 'rules[0] "busy": unknown option "objective"'],
  [
    "a wrong severity",
    [{ ...threshold, severity: "bad" }],
    'rules[0] "busy": severity: expected one of "info"',
  ],
  ["a duration in words", [{ ...threshold, forMs: "5m" }], 'rules[0] "busy": forMs (milliseconds): expected'],
  ["a negative duration", [{ ...threshold, forMs: -1 }], 'rules[0] "busy": forMs (milliseconds): expected'],
  [
    "an endless duration",
    [{ ...threshold, overMs: 1e12 }],
    'rules[0] "busy": overMs (milliseconds): expected',
  ],
  ["no bound", [{ kind: "threshold", name: "busy", metric: "load" }], 'exactly one of "above" and "below"'],
  ["both bounds", [{ ...threshold, below: 0 }], 'exactly one of "above" and "below"'],
  [
    "a resolve beyond the bound",
    [{ ...threshold, resolveAt: 2 }],
    "resolveAt: expected at most above (1), got 2",
  ],
  ["a bound that is no number", [{ ...threshold, above: Number.NaN }], "above: expected a finite number"],
  ["a wrong quantile", [{ ...threshold, quantile: 95 }], "quantile: expected a finite number from 0 to 1"],
  [
    "a label that is no string",
    [{ ...threshold, labels: { code: 500 } }],
    "labels.code: expected a string, got 500",
  ],
  ["no metric", [{ ...threshold, metric: undefined }], "metric: expected a string"],
  ["an objective of 1", [{ ...burn, objective: 1 }], "objective: expected a share between 0 and 1"],
  [
    "an objective in percent",
    [{ ...burn, objective: 99.9 }],
    "objective: expected a finite number from 0 to 1",
  ],
  ["bad and good", [{ ...burn, good: { metric: "c" } }], 'exactly one of "bad" and "good"'],
  [
    "a quantile of what is summed",
    [{ ...burn, total: { metric: "a", quantile: 1 } }],
    'unknown option "quantile"',
  ],
  ["no windows", [{ ...burn, windows: [] }], "windows.length: expected an integer from 1 to 10, got 0"],
  [
    "windows the wrong way round",
    [{ ...burn, windows: [{ longMs: 5, shortMs: 10, factor: 1 }] }],
    "windows[0].shortMs: expected less than longMs (5), got 10",
  ],
  ["no direction", [{ ...degradation, direction: undefined }], "direction: expected one of"],
  ["a difference of a level", [{ ...degradation, minDifference: 0.1 }], 'none without "of" or "against"'],
])("a rule with %s is refused, and the message says so", (_, rules, message) => {
  expect(() => checkedRules(rules)).toThrow(message);
});
