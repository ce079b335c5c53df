import { describe, expect, it } from "vitest";
import { memoize } from "../../../src/algorithms/memoize.ts";
import { AlgorithmOptimizer } from "../../../src/algorithms/optimizer.ts";

type Loose = (...given: unknown[]) => (...given: unknown[]) => unknown;

const fn = () => 1;
const context = { kind: "method", name: "area", addInitializer: () => undefined };

const plain = memoize as unknown as Loose;
const optimizer = new AlgorithmOptimizer();
const counting = optimizer.memoize.bind(optimizer) as unknown as Loose;

describe.each([
  ["memoize", plain],
  ["memoize of an optimizer", counting],
])("%s", (_name, call) => {
  it.each([
    [
      "options before the function",
      [{ ttlMs: 1 }, fn],
      "expected the function first, as in memoize(fn, options), got an object",
    ],
    [
      "nothing before the options",
      [undefined, { ttlMs: 1 }],
      "expected the function first, as in memoize(fn, options), got undefined",
    ],
    ["undefined", [undefined], "expected a function, or options, or nothing at all, got undefined"],
    ["null", [null], "expected an object of options, got null"],
    ["@memoize on a method", [fn, context], "expected @memoize() with parentheses, got @memoize without"],
    [
      "@memoize on a field",
      [undefined, { ...context, kind: "field" }],
      "expected @memoize() with parentheses",
    ],
    [
      "legacy @memoize on a method",
      [{}, "area", { value: fn }],
      "got a legacy decorator's arguments; switch `experimentalDecorators` off, and write @memoize()",
    ],
    [
      "legacy @memoize on a static method",
      [class {}, Symbol("area"), { value: fn }],
      "got a legacy decorator's arguments",
    ],
  ])("refuses %s, and says how it is meant", (_what, given, message) => {
    expect(() => call(...given)).toThrow(TypeError);
    expect(() => call(...given)).toThrow(message);
  });

  it.each([
    ["on a method by a legacy compiler", [{}, "area", { value: fn }], "switch `experimentalDecorators` off"],
    [
      "on a function",
      [fn],
      "got a function called without a decorator context; to wrap a function, write memoize(fn, options)",
    ],
    ["on nothing", [], "expected a method or getter to decorate, got a undefined"],
    [
      "on a field",
      [undefined, { ...context, kind: "field" }],
      "expected a method or getter to decorate, got a field",
    ],
  ])("refuses to be a decorator %s", (_what, decorated, message) => {
    for (const decorator of [call(), call({ maxSize: 1 })]) {
      expect(() => decorator(...decorated)).toThrow(TypeError);
      expect(() => decorator(...decorated)).toThrow(message);
    }
  });

  it("takes undefined for no options beside a function", () => {
    expect(call(fn, undefined)()).toBe(1);
  });
});
