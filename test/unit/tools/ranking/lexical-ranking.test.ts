import fc from "fast-check";
import { expect, test } from "vitest";
import { DuplicateToolError, InvalidToolError, UnknownToolError } from "../../../../src/errors.ts";
import { LexicalRanking, scoreOf } from "../../../../src/tools/ranking/lexical-ranking.ts";
import type { Tool } from "../../../../src/tools/tool.ts";

const tools: readonly Tool[] = [
  { name: "get_weather", description: "Current weather and forecast for a city" },
  { name: "send_email", description: "Send an email to one or more recipients" },
  { name: "search_flights", description: "Find flights between two airports on a date" },
  { name: "listIssues", description: "List the issues of a repository" },
  { name: "convert_currency", description: "Convert an amount of money from one currency to another" },
  {
    name: "create_event",
    description: "Put an entry into the calendar",
    inputSchema: { properties: { attendees: { description: "Who is invited" } } },
  },
];
const namesOf = (ranking: LexicalRanking, query: string, k = 5): string[] =>
  ranking.top(query, { k }).map(({ name }) => name);

test.each([
  ["what's the weather like in Rome?", "get_weather"],
  ["WEATHERS", "get_weather"],
  ["issues list", "listIssues"],
  ["I need a plane to Lisbon", "search_flights"],
  ["who was invited", "create_event"],
  ["exchange dollars", "convert_currency"],
  ["whats the weahter", "get_weather"],
  ["curency conversoin", "convert_currency"],
])("finds for %j the tool %s", (query, name) => {
  expect(namesOf(new LexicalRanking(tools), query)[0]).toBe(name);
});

test("a tool that the query names comes first with a score of 1, whatever else the query says", () => {
  const ranking = new LexicalRanking(tools);
  const [first, second] = ranking.top("email the weather forecast for the city with convert_currency");
  expect(first).toEqual({ name: "convert_currency", score: 1 });
  expect(second!.score).toBeLessThan(1);
});

test("several tools that are named come in the order of their names' lengths", () => {
  expect(namesOf(new LexicalRanking(tools), "send_email, then search_flights, then weather", 2)).toEqual([
    "search_flights",
    "send_email",
  ]);
});

test("a query of several wishes gets the best for each among the first", () => {
  const query =
    "Show the forecast of the weather in this city for the current week, and then send mail to Bob";
  expect(new Set(namesOf(new LexicalRanking(tools), query, 2))).toEqual(
    new Set(["get_weather", "send_email"]),
  );
});

test.each(["", "   ", "the of and", "zzzzqqq", "?!.", "\ud800", "🙂"])("nothing fits %j", (query) => {
  expect(new LexicalRanking(tools).top(query)).toEqual([]);
});

test("without tools nothing fits", () => {
  const ranking = new LexicalRanking();
  expect(ranking.top("weather")).toEqual([]);
  ranking.warmUp();
  expect(LexicalRanking.load(ranking.save()).top("weather")).toEqual([]);
});

test("scores are from 0 to 1, and a threshold leaves out what is below", () => {
  const ranking = new LexicalRanking(tools);
  const all = ranking.top("send the weather forecast by email");
  for (const { score } of all) expect(score > 0 && score < 1).toBe(true);
  const threshold = all[1]!.score;
  expect(ranking.top("send the weather forecast by email", { threshold })).toEqual(all.slice(0, 2));
  expect(ranking.top("send the weather forecast by email", { threshold: 1 })).toEqual([]);
});

test("pinned tools are always in, and take no places of k", () => {
  const ranking = new LexicalRanking([
    ...tools,
    { name: "think", pinned: true },
    { name: "ask_user", pinned: true },
  ]);
  expect(namesOf(ranking, "weather in the city", 1)).toEqual(["get_weather", "think", "ask_user"]);
  expect(ranking.top("weather", { threshold: 1 })).toEqual([
    { name: "think", score: 0 },
    { name: "ask_user", score: 0 },
  ]);
  ranking.replace([{ name: "think" }]);
  expect(namesOf(ranking, "zzzz")).toEqual(["ask_user"]);
  ranking.replace([{ name: "think", pinned: true }]);
  expect(namesOf(ranking, "zzzz")).toEqual(["think", "ask_user"]);
});

test("the chosen can come in the catalogue's order", () => {
  const ranking = new LexicalRanking(tools);
  const query = "convert money, search flights, weather forecast";
  const chosen = ranking.top(query, { k: 3, order: "catalogue" }).map(({ name }) => name);
  expect(chosen).toEqual(["get_weather", "search_flights", "convert_currency"]);
  expect(namesOf(ranking, query, 3)).not.toEqual(chosen);
});

test("equally good tools come in the catalogue's order, also when an id is used again", () => {
  const same = (name: string): Tool => ({ name, description: "paint a picture" });
  const ranking = new LexicalRanking([same("qa"), same("qb"), same("qc")]);
  ranking.remove(["qa"]);
  ranking.add([same("qd")]);
  expect(ranking.idOf("qd")).toBe(0);
  expect(namesOf(ranking, "paint")).toEqual(["qb", "qc", "qd"]);
});

test("scores may be changed before the best are chosen", () => {
  const ranking = new LexicalRanking(tools);
  const scores = ranking.score("weather");
  scores.values[ranking.idOf("listIssues")!] = 50;
  expect(ranking.best(scores, { k: 1 })).toEqual([{ name: "listIssues", score: scoreOf(50) }]);
  expect(scores.terms).toEqual(["weather"]);
});

test("terms are as corrected, each once, also those that are known from elsewhere only", () => {
  const { terms } = new LexicalRanking(tools).score(
    "weahter wether weather apartmant apartmant qqqqqq qqqqqq",
  );
  expect(terms).toEqual(["weather", "apart", "qqqqqq"]);
});

test("of a query of a megabyte the beginning and the end count", () => {
  const ranking = new LexicalRanking(tools);
  const filler = "lorem ipsum ".repeat(50_000);
  expect(namesOf(ranking, `weather forecast ${filler}`, 1)).toEqual(["get_weather"]);
  expect(namesOf(ranking, `${filler} send_email`, 1)).toEqual(["send_email"]);
  expect(namesOf(ranking, `${filler} weather forecast ${filler}`, 1)).toEqual([]);
  expect(ranking.top("x".repeat(1_000_000))).toEqual([]);
  expect(
    ranking.score(Array.from({ length: 5000 }, (_, i) => `w${i.toString(36)}`).join(" ")).terms.length,
  ).toBeLessThan(300);
});

test("finds tools of other scripts, and names of objects' members", () => {
  const ranking = new LexicalRanking([
    { name: "tenki", description: "東京の天気予報を調べる" },
    { name: "constructor", description: "constructor of houses" },
    { name: "__proto__", description: "prototypes" },
    { name: "pogoda", description: "Погода в городе" },
  ]);
  expect(namesOf(ranking, "明日の天気は", 1)).toEqual(["tenki"]);
  expect(namesOf(ranking, "погода", 1)).toEqual(["pogoda"]);
  expect(namesOf(ranking, "call constructor", 1)).toEqual(["constructor"]);
  expect(namesOf(ranking, "__proto__", 1)).toEqual(["__proto__"]);
});

test.each([
  [{ k: 0 }, RangeError],
  [{ k: -1 }, RangeError],
  [{ k: 1.5 }, RangeError],
  [{ threshold: 2 }, RangeError],
  [{ threshold: Number.NaN }, RangeError],
  [{ order: "best" }, RangeError],
  [{ limit: 3 }, TypeError],
])("refuses the options %j", (options, error) => {
  expect(() => new LexicalRanking(tools).top("weather", options as never)).toThrow(error);
});

test("takes no query but a string, and no list with a bad tool in it, of which it takes nothing", () => {
  const ranking = new LexicalRanking(tools);
  expect(() => ranking.top(undefined as never)).toThrow(TypeError);
  expect(() => ranking.add([{ name: "new_one" }, { name: "x", inputSchema: [] as never }])).toThrow(
    InvalidToolError,
  );
  expect(() => ranking.add([{ name: "new_one" }, { name: "get_weather" }])).toThrow(DuplicateToolError);
  expect(() => ranking.add([{ name: "new_one" }, { name: "new_one" }])).toThrow(DuplicateToolError);
  expect(() => ranking.replace([{ name: "get_weather" }, { name: "new_one" }])).toThrow(UnknownToolError);
  expect(() => ranking.remove("get_weather" as never)).toThrow(TypeError);
  expect(ranking.size).toBe(tools.length);
  expect(namesOf(ranking, "weather", 1)).toEqual(["get_weather"]);
});

test("explains a score by terms, fields and related words", () => {
  const ranking = new LexicalRanking(tools);
  const query = "use create_event: somebody is invited to the calandar";
  const { score, isNamed, terms } = ranking.explain(query, tools[5]!);
  expect([score, isNamed]).toEqual([1, true]);
  const invited = terms.find(({ term }) => term === "invit")!;
  expect(invited).toMatchObject({ kind: "word", fields: { parameters: 1 } });
  expect(terms.find(({ term }) => term === "calendar")).toMatchObject({
    kind: "word",
    fields: { description: 1 },
  });
  expect(terms.some(({ kind }) => kind === "related")).toBe(true);
  expect(() => ranking.explain(query, { name: "other" })).toThrow(UnknownToolError);
});

test("an explanation's evidence adds up to the score", () => {
  const ranking = new LexicalRanking(tools);
  for (const tool of tools) {
    const { score, terms } = ranking.explain(
      "mail the forecast of money issues on my calendar flights",
      tool,
    );
    expect(scoreOf(terms.reduce((sum, { evidence }) => sum + evidence, 0))).toBeCloseTo(score, 5);
  }
});

const word = fc.constantFrom(
  "weather",
  "forecast",
  "mail",
  "apartment",
  "flat",
  "job",
  "file",
  "x",
  "read",
  "weathr",
);
const text = fc.array(word, { maxLength: 6 }).map((words) => words.join(" "));
const toolOf = fc.record({
  name: fc.constantFrom("a_read", "b_mail", "c_job", "d", "file", "f_x", "F_X"),
  description: text,
  inputSchema: fc.record({ properties: fc.dictionary(word, fc.constant({})) }),
  pinned: fc.boolean(),
});
const change = fc.tuple(fc.constantFrom("add", "replace", "remove", "save"), toolOf);

test("after any additions, replacements, removals and reloads it ranks as one that was built of what is left", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), fc.array(text, { minLength: 1 }), (changes, queries) => {
      let ranking = new LexicalRanking();
      const model = new Map<string, Tool>();
      for (const [kind, tool] of changes) {
        if (kind === "save") ranking = LexicalRanking.load(ranking.save());
        else if (kind === "remove") expect(ranking.remove([tool.name])).toBe(model.delete(tool.name) ? 1 : 0);
        else if ((kind === "add") !== model.has(tool.name)) {
          ranking[kind]([tool]);
          model.set(tool.name, tool);
        }
      }
      const rebuilt = new LexicalRanking([...model.values()]);
      expect(ranking.size).toBe(model.size);
      for (const query of [...queries, "weather and file, then b_mail or f_x"])
        for (const k of [1, 3, 10]) expect(ranking.top(query, { k })).toEqual(rebuilt.top(query, { k }));
    }),
    { numRuns: 60 },
  );
});

test("the best are those that sorting all scores puts first", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(toolOf, { selector: ({ name }) => name }),
      text,
      fc.integer({ min: 1, max: 7 }),
      (all, query, k) => {
        const ranking = new LexicalRanking(all.map((tool) => ({ ...tool, pinned: false })));
        const { values } = ranking.score(query);
        const expected = all
          .map(({ name }) => ({ name, score: scoreOf(values[ranking.idOf(name)!]!) }))
          .filter(({ score }) => score > 0)
          .sort((a, b) => b.score - a.score);
        expect(ranking.top(query, { k })).toEqual(expected.slice(0, k));
      },
    ),
  );
});

test("any text is a query", () => {
  const ranking = new LexicalRanking(tools);
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (query) => {
      for (const { score } of ranking.top(query)) expect(score > 0 && score <= 1).toBe(true);
    }),
  );
});

test("any text is a description", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (description) => {
      const ranking = new LexicalRanking([{ name: "one", description }, ...tools]);
      expect(LexicalRanking.load(ranking.save()).top(description)).toEqual(ranking.top(description));
    }),
  );
});
