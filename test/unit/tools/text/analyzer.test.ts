import { expect, test } from "vitest";
import { Analyzer, type Word } from "../../../../src/tools/text/analyzer.ts";

const analyze = (text: string, analyzer = new Analyzer()): { stems: string[]; joints: number[] } => {
  const words: Word[] = [];
  const joints: number[] = [];
  analyzer.analyze(text, words, joints);
  return { stems: words.map(({ stem }) => stem), joints };
};

test("stems words and leaves out those that say nothing", () => {
  expect(analyze("Can you please find the cheapest flights for me?").stems).toEqual([
    "find",
    "cheapest",
    "flight",
  ]);
});

test("gives words of one meaning a group in common", () => {
  const words: Word[] = [];
  new Analyzer().analyze("apartment flat kubernetes", words);
  const [first, second, third] = words.map(({ groups }) => new Set(groups));
  expect(first!.intersection(second!).size).toBeGreaterThan(0);
  expect(first!.intersection(third!).size).toBe(0);
});

test("tells where a new wish may begin, once for several signs of it", () => {
  expect(analyze("Book flights to Rome. And then mail the receipt").joints).toEqual([3]);
  expect(analyze("And book flights and").joints).toEqual([2]);
});

test("knows words whose names are those of an object's members", () => {
  expect(analyze("constructor __proto__ valueOf").stems).toEqual(["constructor", "proto", "valu", "valueof"]);
});

test("gives the same after more different words than it remembers", () => {
  const analyzer = new Analyzer();
  const before = analyze("weather forecasts", analyzer).stems;
  for (let i = 0; i < 20_000; i++) analyze(`w${i.toString(26).replace(/\d/g, "z")}x`, analyzer);
  expect(analyze("weather forecasts", analyzer).stems).toEqual(before);
});
