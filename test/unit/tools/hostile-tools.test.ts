import { describe, expect, test } from "vitest";
import type { Tool } from "../../../src/tools/tool.ts";
import { ToolSelector } from "../../../src/tools/tool-selector.ts";

const asTools = (...tools: unknown[]): readonly Tool[] => tools as Tool[];
const invalid = expect.objectContaining({ code: "VICTOR_INVALID_TOOL" });

describe("tools as a server lists them", () => {
  test("may have null where the server says nothing", () => {
    const selector = new ToolSelector({
      tools: asTools({
        ...{ name: "read_file", title: null, description: null, server: null, pinned: null },
        ...{ inputSchema: { type: "object" }, outputSchema: null, annotations: null, _meta: null },
      }),
    });
    expect(selector.select("read a file").tools).toHaveLength(1);
    expect(selector.fingerprint).toBe(
      new ToolSelector({ tools: [{ name: "read_file", inputSchema: { type: "object" } }] }).fingerprint,
    );
    expect(ToolSelector.load(selector.save()).names()).toEqual(["read_file"]);
  });

  test("leave what else they have with their holder: credentials, cycles and what no JSON has aren't saved", () => {
    const tool: Record<string, unknown> = { name: "read_file", headers: { authorization: "hunter2" } };
    tool.client = { tool };
    tool._meta = { size: 1n };
    const saved = new ToolSelector({ tools: asTools(tool) }).save();
    expect(Buffer.from(saved).includes("hunter2")).toBe(false);
    expect(ToolSelector.load(saved).names()).toEqual(["read_file"]);
  });

  test("may change in their holder's hands without a saved selector becoming unreadable", () => {
    const tool = { name: "a", description: "Reads a file", inputSchema: { properties: { path: {} } } };
    const selector = new ToolSelector({ tools: [tool] });
    tool.description = "Sends mail";
    Object.assign(tool.inputSchema.properties, { to: { toJSON: () => "else" } });
    const { id } = selector.select("read");
    expect(selector.explain(id)?.tools[0]?.words.terms[0]?.fields).toEqual({ description: 1 });
    expect(ToolSelector.load(selector.save()).names()).toEqual(["a"]);
  });

  test("that say another thing each time, or throw at some time, are taken whole or not at all", () => {
    for (let calls = 1; calls < 12; calls++) {
      const selector = new ToolSelector({ tools: [{ name: "x", description: "find" }] });
      let left = calls;
      const evil = {
        name: "evil",
        inputSchema: {
          get properties(): object {
            if (--left <= 0) throw Object.create(null);
            return { [`p${left}`]: {} };
          },
        },
      };
      let names = ["x", "evil", "y"];
      try {
        selector.addTools(asTools(evil, { name: "y", description: "other" }));
      } catch (error) {
        expect(error).toEqual(invalid);
        names = ["x"];
      }
      expect(selector.names()).toEqual(names);
      expect(selector.size).toBe(names.length);
      expect(selector.select("other").tools).toHaveLength(names.length === 3 ? 1 : 0);
    }
    let count = 0;
    const selector = new ToolSelector({
      tools: asTools({
        get name() {
          return `n${count++}`;
        },
        description: "hello",
      }),
    });
    expect(selector.select("hello").tools[0]?.name).toBe(selector.names()[0]);
  });

  const wrong: readonly [string, unknown][] = [
    [
      "a name that throws",
      {
        get name() {
          throw new Error("no");
        },
      },
    ],
    ["a list without items that is very long", { name: "a", inputSchema: { enum: new Array(2 ** 32 - 1) } }],
    ["a schema that turns into something else", { name: "a", inputSchema: { toJSON: () => "text" } }],
    ["a schema that can't be turned into JSON", { name: "a", inputSchema: { toJSON: () => 1n } }],
    ["null", null],
  ];
  test.each(wrong)("are refused with a typed error: %s", (_, tool) => {
    expect(() => new ToolSelector({ tools: asTools(tool) })).toThrow(invalid);
  });
});
