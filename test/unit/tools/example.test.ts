import { describe, expect, test } from "vitest";
import { ToolCatalogue } from "../../../src/tools/catalogue/tool-catalogue.ts";
import { codingAssistantQueries, codingAssistantTools } from "../../../src/tools/example/coding-assistant.ts";
import { ToolSelector } from "../../../src/tools/tool-selector.ts";

describe("the coding assistant's catalogue", () => {
  test("has at least 60 valid tools, each with a description and a schema whose properties are described", () => {
    expect(new ToolCatalogue(codingAssistantTools).size).toBeGreaterThanOrEqual(60);
    for (const { description, inputSchema, server } of codingAssistantTools) {
      expect(description?.length).toBeGreaterThan(15);
      expect(server).toBeTruthy();
      expect(inputSchema).toMatchObject({ type: "object" });
      const { properties, required = [] } = inputSchema as {
        properties: Record<string, { type: string; description: string }>;
        required?: readonly string[];
      };
      for (const { type, description: text } of Object.values(properties)) {
        expect(["string", "integer", "number", "boolean", "array", "object"]).toContain(type);
        expect(text.length).toBeGreaterThan(2);
      }
      for (const name of required) expect(properties).toHaveProperty(name);
    }
  });

  test("has at least 200 different queries, for every tool one, some for several tools and some for none", () => {
    const names = new Set(codingAssistantTools.map(({ name }) => name));
    expect(new Set(codingAssistantQueries.map(({ query }) => query)).size).toBeGreaterThanOrEqual(200);
    const asked = new Set(codingAssistantQueries.flatMap(({ tools }) => tools));
    expect(asked).toEqual(names);
    const sizes = Map.groupBy(codingAssistantQueries, ({ tools }) => tools.length);
    expect(sizes.get(0)?.length).toBeGreaterThan(10);
    expect(sizes.get(2)?.length).toBeGreaterThan(5);
    expect(sizes.get(3)?.length).toBeGreaterThan(3);
  });

  test("is found again by its own queries: all right tools among five for nine in ten", () => {
    const selector = new ToolSelector({ tools: codingAssistantTools });
    const labelled = codingAssistantQueries.filter(({ tools }) => tools.length > 0);
    const right = labelled.filter(({ query, tools }) => {
      const chosen = selector.select(query).tools.map(({ name }) => name);
      return tools.every((name) => chosen.includes(name));
    });
    expect(right.length / labelled.length).toBeGreaterThan(0.88);
  });
});
