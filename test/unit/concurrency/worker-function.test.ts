import { describe, expect, test } from "vitest";
import { type AnyFunction, WorkerFunctions } from "../../../src/concurrency/worker-function.ts";

const find = (target: AnyFunction | string | URL, name?: string) => new WorkerFunctions().find(target, name);

describe("refused, since its text can't be called elsewhere", () => {
  const object = {
    method() {},
    get got() {
      return 1;
    },
  };
  const getter = Object.getOwnPropertyDescriptor(object, "got")!.get!;
  class Something {}
  test.each<[string, AnyFunction, RegExp]>([
    ["a native function", Math.max, /native/],
    ["a bound function", (() => 1).bind(null), /native or bound/],
    ["a class", Something as unknown as AnyFunction, /class/],
    ["a method", object.method, /method/],
    ["a getter", getter, /getter/],
    [
      "a generator",
      function* generate() {
        yield 1;
      },
      /generator/,
    ],
    [
      "an async generator",
      async function* generate() {
        yield 1;
      },
      /generator/,
    ],
  ])("%s", (_, fn, why) => {
    expect(() => find(fn, undefined)).toThrow(TypeError);
    expect(() => find(fn, undefined)).toThrow(why);
  });
});

test("functions, arrows and async ones are taken", () => {
  function plain(a: number) {
    return a;
  }
  for (const fn of [plain, (a: number) => a, async (a: number) => a, async function named() {}])
    expect(find(fn, undefined).definition).toMatchObject({ source: String(fn) });
});

test("functions made anew from the same text are one", () => {
  const functions = new WorkerFunctions();
  const made = () =>
    functions.find(
      (
        () => (a: number) =>
          a + 1
      )(),
      undefined,
    ).definition.id;
  expect(made()).toBe(made());
  expect(functions.find((a: number) => a + 2, undefined).definition.id).not.toBe(made());
});

test("files are told apart by URL and export", () => {
  const functions = new WorkerFunctions();
  const id = (file: string | URL, name?: string) => functions.find(file, name).definition.id;
  expect(id("./a.js")).toBe(id(new URL("a.js", `file://${process.cwd()}/`)));
  expect(id("./a.js", "default")).toBe(id("./a.js"));
  expect(new Set([id("./a.js"), id("./a.js", "one"), id("./b.js")]).size).toBe(3);
});

test.each<[string, unknown, string | undefined]>([
  ["a number", 5, undefined],
  ["nothing", undefined, undefined],
  ["an empty path", "", undefined],
  ["a function with the name of an export", () => 1, "main"],
])("%s is a caller's mistake", (_, target, name) => {
  expect(() => find(target as string, name)).toThrow(TypeError);
});
