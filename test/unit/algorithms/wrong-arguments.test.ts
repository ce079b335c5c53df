import { describe, expect, test } from "vitest";
import type { LoadOptions } from "../../../src/algorithms/cache.ts";
import { singleFlight } from "../../../src/algorithms/single-flight.ts";
import { TimedCache } from "../../../src/algorithms/timed-cache.ts";
import { caches } from "../../support/caches.ts";

describe.each(caches)("$name, given what it can't use,", (kind) => {
  const create = () => kind.create<string, number>({ maxSize: 9 }).set("there", 1);

  test.each([
    [undefined, "undefined"],
    [5, "5"],
    ["load", '"load"'],
  ])("refuses the loader %j, though the value be there", async (loader, shown) => {
    for (const key of ["there", "absent"])
      await expect(create().getOrLoad(key, loader as never)).rejects.toEqual(
        new TypeError(`loader: expected a function, got ${shown}`),
      );
  });

  test("refuses a signal that is none, though the value be there", async () => {
    const options = { signal: {} } as LoadOptions;
    for (const key of ["there", "absent"])
      await expect(create().getOrLoad(key, () => 2, options)).rejects.toEqual(
        new TypeError("signal: expected an AbortSignal, got an object"),
      );
  });

  test.each([
    ["red", 'tags: expected an array of strings, got "red"'],
    [["red", 1], "tags[1]: expected a string, got 1"],
  ])("refuses the tags %j", (tags, message) => {
    expect(() => create().set("a", 1, { tags: tags as never })).toThrow(new TypeError(message));
  });

  test.each([
    [null, "dump: expected an object, got null"],
    [{ version: 1, at: 0 }, "entries: expected an array, got undefined"],
    [{ version: 1, at: 0, entries: [null] }, "entry: expected an object, got null"],
  ])("refuses the dump %j", (dump, message) => {
    expect(() => create().load(dump as never)).toThrow(
      `load: expected what \`dump\` of this version gave; ${message}`,
    );
  });

  test("says what came instead of a function", () => {
    for (const option of ["onEvict", "weigh"])
      expect(() => kind.create({ maxSize: 1, [option]: "no" } as never)).toThrow(
        new TypeError(`${option}: expected a function, got "no"`),
      );
  });
});

test("a TimedCache needs options", () => {
  const Create = TimedCache as unknown as new (options?: unknown) => unknown;
  expect(() => new Create()).toThrow(
    new TypeError("TimedCache: expected an object of options, got undefined"),
  );
});

test("a single flight needs a load, and takes no signal that is none", async () => {
  const flights = singleFlight<string, number>();
  await expect(flights.run("a", undefined as never)).rejects.toEqual(
    new TypeError("load: expected a function, got undefined"),
  );
  await expect(flights.run("a", () => 1, { signal: {} as never })).rejects.toEqual(
    new TypeError("signal: expected an AbortSignal, got an object"),
  );
});
