import fc from "fast-check";
import { expect, test } from "vitest";
import {
  flagName,
  flagsBeforeScript,
  flagValue,
  quoteNodeOption,
  splitNodeOptions,
} from "../../../src/environment/node-options.ts";

test.each([
  ["", []],
  ["  ", []],
  ["--a  --b=1", ["--a", "--b=1"]],
  ['--require "./a b.js"', ["--require", "./a b.js"]],
  ['--title="a \\"b\\" \\\\c"', ['--title=a "b" \\c']],
  ["--title=a\\b", ["--title=a\\b"]],
  ['""', [""]],
])("NODE_OPTIONS %j are the words %j", (text, words) => {
  expect(splitNodeOptions(text)).toEqual(words);
});

test("words that are quoted and joined come back as they were", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (words) => {
      fc.pre(words.every((word) => !/[^\S ]/.test(word)));
      expect(splitNodeOptions(words.map(quoteNodeOption).join(" "))).toEqual(words);
    }),
  );
});

test("flags end where the script begins, and a value that is a word of its own is no script", () => {
  expect(
    flagsBeforeScript(["--import", "./a.js", "--max_old_space_size=9", "app.js", "--max-semi-space-size=1"]),
  ).toEqual(["--import=./a.js", "--max_old_space_size=9"]);
  expect(flagsBeforeScript(["--inspect", "app.js"])).toEqual(["--inspect"]);
  expect(flagsBeforeScript(["--inspect", "--", "--prof"])).toEqual(["--inspect"]);
});

test("a flag is known by its name however it is spelt, and the last value counts", () => {
  expect(flagName("--max_old_space_size=12")).toBe("max-old-space-size");
  expect(flagValue(["--max-old-space-size=1", "--max_old_space_size=2"], "max-old-space-size")).toBe("2");
  expect(flagValue(["--inspect"], "inspect")).toBeUndefined();
});
