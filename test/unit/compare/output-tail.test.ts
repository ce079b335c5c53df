import { expect, test } from "vitest";
import { OutputTail } from "../../../src/compare/output-tail.ts";

test("keeps the last twenty lines, however much is written", () => {
  const tail = new OutputTail();
  for (let i = 0; i < 1000; i++) tail.add("out", `line ${i}\n`);
  expect(tail.lines).toHaveLength(20);
  expect(tail.lines.at(-1)).toBe("line 999");
});

test("joins lines that come in pieces, each stream by itself", () => {
  const tail = new OutputTail();
  tail.add("out", "one h");
  tail.add("err", "bad ");
  tail.add("out", "alf\ntwo");
  tail.add("err", "news\n");
  expect(tail.lines).toEqual(["one half", "bad news", "two"]);
});

test("a line without an end doesn't grow without bound", () => {
  const tail = new OutputTail();
  for (let i = 0; i < 100; i++) tail.add("out", "x".repeat(1000));
  expect(tail.lines[0]).toHaveLength(500);
});
