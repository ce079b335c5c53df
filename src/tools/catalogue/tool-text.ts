import type { JsonSchema, Tool } from "../tool.ts";

/** Of each tool so much is searched, in characters and in values of its schema; the rest isn't looked at. */
const bounds = Object.freeze({ title: 1024, description: 8192, schema: 16_384, values: 4096, depth: 16 });

/** What is searched of a tool. */
export interface ToolText {
  /** With those words of its title that it lacks. */
  readonly name: string;
  readonly description: string;
  /** Names, titles and descriptions of its parameters, at any depth, and strings that they may be. */
  readonly parameters: string;
}

export function textOf(tool: Tool): ToolText {
  return {
    name: nameText(tool),
    description: (tool.description ?? "").slice(0, bounds.description),
    parameters: tool.inputSchema === undefined ? "" : new SchemaText().read(tool.inputSchema),
  };
}

/** A word that both have counts once: most titles say the name again. */
function nameText({ name, title }: Tool): string {
  if (!title) return name;
  const known = name.toLowerCase();
  const more = title
    .slice(0, bounds.title)
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((word) => !known.includes(word.toLowerCase()));
  return [name, ...more].join(" ");
}

/** Keywords whose values are schemas by name, whose names are parameters. */
const byParameter = ["properties", "patternProperties"];
/** Keywords whose values are schemas, or lists of them, or schemas by a name that means nothing. */
const nested = [
  "items",
  "prefixItems",
  "additionalProperties",
  "anyOf",
  "oneOf",
  "allOf",
  "then",
  "else",
  "$defs",
  "definitions",
];

class SchemaText {
  readonly #parts: string[] = [];
  #characters = 0;
  #values = 0;

  read(schema: JsonSchema): string {
    this.#readSchema(schema, 0, true);
    return this.#parts.join(" ").slice(0, bounds.schema);
  }

  #readSchema(schema: unknown, depth: number, isRoot = false): void {
    if (!isObject(schema) || this.#isEnough(depth)) return;
    if (Array.isArray(schema)) {
      for (const one of schema) this.#readSchema(one, depth + 1);
      return;
    }
    // The title and description of the whole tell of the tool; those are read as its own.
    if (!isRoot) for (const text of [own(schema, "title"), own(schema, "description")]) this.#take(text);
    for (const keyword of byParameter) this.#readByName(own(schema, keyword), depth, true);
    for (const keyword of nested) {
      const value = own(schema, keyword);
      if (keyword === "$defs" || keyword === "definitions") this.#readByName(value, depth, false);
      else this.#readSchema(value, depth + 1);
    }
    const choices = own(schema, "enum");
    if (Array.isArray(choices)) for (const choice of choices.slice(0, 64)) this.#take(choice);
  }

  #readByName(schemas: unknown, depth: number, isParameter: boolean): void {
    if (!isObject(schemas) || Array.isArray(schemas)) return;
    for (const [name, schema] of Object.entries(schemas)) {
      if (this.#isEnough(depth)) return;
      if (isParameter) this.#take(name);
      this.#readSchema(schema, depth + 1);
    }
  }

  #take(text: unknown): void {
    if (typeof text !== "string" || this.#characters >= bounds.schema) return;
    this.#parts.push(text.slice(0, bounds.schema));
    this.#characters += text.length + 1;
  }

  #isEnough(depth: number): boolean {
    return depth > bounds.depth || ++this.#values > bounds.values || this.#characters >= bounds.schema;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** A schema may have a property `constructor`, and lack one. */
function own(schema: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(schema, key) ? schema[key] : undefined;
}
