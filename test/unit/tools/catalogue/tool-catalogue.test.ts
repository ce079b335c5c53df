import fc from "fast-check";
import { expect, test } from "vitest";
import { DuplicateToolError, InvalidToolError, UnknownToolError } from "../../../../src/errors.ts";
import { ToolCatalogue } from "../../../../src/tools/catalogue/tool-catalogue.ts";
import { textOf } from "../../../../src/tools/catalogue/tool-text.ts";
import type { Tool } from "../../../../src/tools/tool.ts";

const weather: Tool = {
  name: "get_weather",
  description: "Weather of a city",
  inputSchema: { type: "object", properties: { city: { type: "string", description: "Name of the city" } } },
  server: "meteo",
};
const mail: Tool = { name: "send_mail" };

test("holds tools in the order in which they came, and a replaced one in its place", () => {
  const catalogue = new ToolCatalogue([weather, mail]);
  catalogue.replace([{ ...weather, description: "Rain" }]);
  expect(catalogue.names()).toEqual(["get_weather", "send_mail"]);
  expect(catalogue.get("get_weather")?.description).toBe("Rain");
  expect(catalogue.remove(["get_weather", "nothing"])).toBe(1);
  expect([catalogue.size, catalogue.has("get_weather")]).toEqual([1, false]);
});

test("counts its changes, and only those", () => {
  const catalogue = new ToolCatalogue([weather]);
  expect(catalogue.version).toBe(0);
  catalogue.add([]);
  catalogue.remove(["nothing"]);
  expect(catalogue.version).toBe(0);
  catalogue.add([mail]);
  catalogue.replace([mail]);
  catalogue.remove(["send_mail"]);
  expect(catalogue.version).toBe(3);
});

test.each<[string, Partial<Tool>]>([
  ["name", { name: "other" }],
  ["title", { title: "other" }],
  ["description", { description: "other" }],
  [
    "a parameter's description",
    { inputSchema: { type: "object", properties: { city: { type: "string" } } } },
  ],
  ["server", { server: "other" }],
  ["pin", { pinned: true }],
])("its fingerprint depends on the %s", (_, change) => {
  expect(new ToolCatalogue([{ ...weather, ...change }]).fingerprint).not.toBe(
    new ToolCatalogue([weather]).fingerprint,
  );
});

test("its fingerprint depends neither on the order of tools nor on that of keys, nor on what came between", () => {
  const catalogue = new ToolCatalogue([mail]);
  catalogue.add([{ name: "x" }, { ...weather, description: "else" }]);
  catalogue.remove(["x"]);
  catalogue.replace([
    {
      server: "meteo",
      inputSchema: Object.fromEntries(Object.entries(weather.inputSchema!).reverse()),
      description: weather.description!,
      name: "get_weather",
    },
  ]);
  expect(catalogue.fingerprint).toBe(new ToolCatalogue([weather, mail]).fingerprint);
  catalogue.remove(catalogue.names());
  expect(catalogue.fingerprint).toBe("0".repeat(32));
});

const cyclic: Record<string, unknown> = { type: "object" };
cyclic.properties = { self: cyclic };
let deep: Record<string, unknown> = {};
for (let i = 0; i < 10_000; i++) deep = { items: deep };
let wide: Record<string, unknown> = {};
for (let i = 0; i < 60; i++) wide = { a: wide, b: wide };

test.each<[string, unknown, string]>([
  ["no object", null, ""],
  ["a list", [], ""],
  ["no name", {}, "name"],
  ["an empty name", { name: "" }, "name"],
  ["a name of 2,000 characters", { name: "x".repeat(2000) }, "name"],
  ["a NUL in the name", { name: "a\0b" }, "name"],
  ["half of a surrogate pair as name", { name: "\ud800" }, "name"],
  ["a number as description", { name: "x", description: 1 }, "description"],
  ["a number as server", { name: "x", server: 1 }, "server"],
  ["a word as pin", { name: "x", pinned: "yes" }, "pinned"],
  ["a string as schema", { name: "x", inputSchema: "{}" }, "inputSchema"],
  ["a list as schema", { name: "x", inputSchema: [] }, "inputSchema"],
  ["null as schema", { name: "x", inputSchema: null }, "inputSchema"],
  ["a schema that contains itself", { name: "x", inputSchema: cyclic }, "inputSchema"],
  ["a schema of 10,000 levels", { name: "x", inputSchema: deep }, "inputSchema"],
  ["a schema that repeats itself 2⁶⁰ times", { name: "x", inputSchema: wide }, "inputSchema"],
  ["a schema with a function", { name: "x", inputSchema: { type: () => 1 } }, "inputSchema"],
])("refuses %s and takes nothing of the list", (_, tool, field) => {
  const catalogue = new ToolCatalogue();
  let error: unknown;
  try {
    catalogue.add([mail, tool as Tool]);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(InvalidToolError);
  expect(error).toMatchObject({ code: "VICTOR_INVALID_TOOL", index: 1, field });
  expect([catalogue.size, catalogue.version]).toEqual([0, 0]);
});

test("refuses a name that is taken, that comes twice, and one to replace that isn't there", () => {
  const catalogue = new ToolCatalogue([weather]);
  expect(() => catalogue.add([mail, weather])).toThrow(DuplicateToolError);
  expect(() => catalogue.add([mail, mail])).toThrow(DuplicateToolError);
  expect(() => catalogue.replace([weather, mail])).toThrow(UnknownToolError);
  expect(() => catalogue.add("get_weather" as never)).toThrow(TypeError);
  expect(() => catalogue.remove("get_weather" as never)).toThrow(TypeError);
  expect(catalogue.names()).toEqual(["get_weather"]);
});

test("takes tools and parameters that are named as members of objects are", () => {
  const names = ["__proto__", "constructor", "toString"];
  const schema = JSON.parse(
    '{"properties":{"__proto__":{"description":"first"},"constructor":{"description":"second"}}}',
  );
  const catalogue = new ToolCatalogue(names.map((name) => ({ name, inputSchema: schema })));
  expect(catalogue.names()).toEqual(names);
  expect(catalogue.get("valueOf")).toBeUndefined();
  expect(textOf(catalogue.get("toString")!).parameters).toBe("__proto__ first constructor second");
});

test("reads parameters at any depth, and choices, but neither keywords nor the schema's own title", () => {
  const inputSchema = {
    title: "Arguments",
    type: "object",
    required: ["to"],
    properties: {
      to: { type: "array", items: { anyOf: [{ properties: { zip: { description: "Code" } } }] } },
      unit: { enum: ["metric", 7], $ref: "#/$defs/Thing" },
    },
    $defs: { Thing: { description: "A thing" } },
  };
  expect(textOf({ name: "x", inputSchema }).parameters).toBe("to zip Code unit metric A thing");
});

test("reads of a schema that is deep, wide or contains itself no more than a bounded part", () => {
  for (const inputSchema of [cyclic, deep, wide])
    expect(textOf({ name: "x", inputSchema }).parameters.length).toBeLessThanOrEqual(16_384);
});

test("after any changes it has the fingerprint and names of a catalogue that was made of what is left", () => {
  const tool = fc.record({
    name: fc.constantFrom("a", "b", "c", "d"),
    description: fc.constantFrom("x", "y"),
  });
  const change = fc.tuple(fc.constantFrom("add", "replace", "remove"), tool);
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      const catalogue = new ToolCatalogue();
      const model = new Map<string, Tool>();
      for (const [kind, one] of changes) {
        if (kind === "remove") {
          expect(catalogue.remove([one.name])).toBe(model.delete(one.name) ? 1 : 0);
        } else if ((kind === "add") === model.has(one.name))
          expect(() => catalogue[kind as "add"]([one])).toThrow();
        else {
          catalogue[kind as "add"]([one]);
          model.set(one.name, one);
        }
      }
      expect(catalogue.names()).toEqual([...model.keys()]);
      expect(catalogue.fingerprint).toBe(new ToolCatalogue([...model.values()]).fingerprint);
    }),
  );
});
