import { expect, test } from "vitest";
import { NameMentions } from "../../../../src/tools/ranking/name-mentions.ts";

const names = [
  "get_weather",
  "search",
  "GitHub",
  "git.log",
  "Send Mail",
  "s3",
  "__proto__",
  "weather",
  "日本語",
];
const mentions = new NameMentions();
for (const [id, name] of names.entries()) mentions.add(name, id);

const namedIn = (query: string): (string | undefined)[] => {
  const ids: number[] = [];
  mentions.find(query, ids);
  return ids.map((id) => names[id]);
};

test.each([
  ["call get_weather for Rome", ["get_weather"]],
  ["GET_WEATHER(Rome)", ["get_weather"]],
  ["Is it `git.log`? Or get_weather.", ["git.log", "get_weather"]],
  ["look at github please", ["GitHub"]],
  ["upload it to s3", ["s3"]],
  ["please send mail to Bob, by Send Mail", ["Send Mail"]],
  ["what of __proto__?", ["__proto__"]],
  ["日本語、get_weather", ["日本語", "get_weather"]],
  ["get_weather_now and forget_weather", []],
  ["send mailings", []],
  ["", []],
  ["...", []],
])("in %j it finds %j", (query, found) => {
  expect(namedIn(query)).toEqual(found);
});

test.each([
  ["search", ["search"]],
  [" Search ", ["search"]],
  ["use search for this", ["search"]],
  ["with the search tool", ["search"]],
  ['what does "search" do', ["search"]],
  ["search for flights to Rome", []],
  ["how is the weather", []],
])("a name that is a plain word counts only where it is called: %j", (query, found) => {
  expect(namedIn(query)).toEqual(found);
});

test("a removed name is found no more, others like it are", () => {
  const own = new NameMentions();
  own.add("a_b", 0);
  own.add("A_B", 1);
  own.add("a b", 2);
  own.remove("a_b", 0);
  own.remove("a b", 2);
  const ids: number[] = [];
  own.find("a_b a b", ids);
  expect(ids).toEqual([1]);
});

test("names that were made to collide don't stop it", () => {
  const own = new NameMentions();
  for (let i = 0; i < 5000; i++) own.add(`tool number ${i}`, i);
  const ids: number[] = [];
  own.find("tool number ".repeat(600), ids);
  expect(ids.length).toBeLessThanOrEqual(5000);
});
