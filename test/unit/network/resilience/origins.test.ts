import { expect, test } from "vitest";
import { Origins } from "../../../../src/network/resilience/origins.ts";

const names = (origins: Iterable<[string, unknown]>) => [...origins].map(([origin]) => origin);

test("an origin is the same as text and as URL, and each is made once", () => {
  const origins = new Origins(
    9,
    (origin) => ({ origin }),
    () => true,
  );
  const one = origins.of("http://a");
  expect(origins.of(new URL("http://a/path"))).toBe(one);
  expect(origins.of(undefined)).not.toBe(one);
  expect(names(origins)).toEqual(["http://a", ""]);
});

test("never more are kept than may be, and one that was asked for lately stays", () => {
  const origins = new Origins(
    3,
    (origin) => origin,
    () => true,
  );
  for (const origin of ["a", "b", "c", "a", "d", "a", "e"]) origins.of(origin);
  expect(origins.size).toBe(3);
  expect(names(origins)).toContain("a");
  expect(names(origins)).toContain("e");
});

test("idle ones go first, and when none is, the bound holds all the same", () => {
  const busy = new Set(["a", "b"]);
  const origins = new Origins(
    3,
    (origin) => origin,
    (origin) => !busy.has(origin),
  );
  for (const origin of ["a", "b", "c", "d"]) origins.of(origin);
  expect(names(origins).toSorted()).toEqual(["a", "b", "d"]);
  busy.add("d");
  origins.of("e");
  expect(origins.size).toBe(3);
});
