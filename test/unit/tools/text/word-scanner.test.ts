import { expect, test } from "vitest";
import { scanWords, sentenceEnd } from "../../../../src/tools/text/word-scanner.ts";

const wordsOf = (text: string): string[] => {
  const words: string[] = [];
  scanWords(text, words);
  return words;
};

test.each([
  ["get_http_status", ["get", "http", "status"]],
  ["get-http.status", ["get", "http", "status"]],
  ["getHTTPStatus", ["get", "http", "status"]],
  ["HTTPServer", ["http", "server", "httpserver"]],
  ["GitHub", ["git", "hub", "github"]],
  ["s3 bucket2", ["s", "3", "bucket", "2"]],
  ["", []],
  [" ,;-_ ", []],
])("splits %j into its words", (text, words) => {
  expect(wordsOf(text)).toEqual(words);
});

test("leaves out an English ending after an apostrophe, straight or curly", () => {
  expect(wordsOf("what's Bob’s")).toEqual(["what", "bob"]);
  expect(wordsOf("don't they're")).toEqual(["don", "they"]);
});

test("takes accents off and widths away", () => {
  expect(wordsOf("Café ＡＰＩ naïve")).toEqual(["cafe", "api", "naive"]);
});

test("gives pairs of characters for scripts without spaces, and words for others", () => {
  expect(wordsOf("天気予報")).toEqual(["天気", "気予", "予報"]);
  expect(wordsOf("雨 API検索")).toEqual(["雨", "api", "検索"]);
  expect(wordsOf("Погода в Москве")).toEqual(["погода", "в", "москве"]);
});

test("marks where a sentence ends and another follows, not a dot in a name or at the end", () => {
  expect(wordsOf("Do a. Call b.c now.")).toEqual(["do", "a", sentenceEnd, "call", "b", "c", "now"]);
});

test("cuts a word of thousands of characters", () => {
  expect(wordsOf("a".repeat(5000))).toEqual(["a".repeat(40)]);
  expect(wordsOf("ж".repeat(5000))[0]).toHaveLength(40);
});
