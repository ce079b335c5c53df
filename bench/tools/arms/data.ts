/** Catalogues and labelled queries, read from `../shared/data` beside the project. */
import { readFileSync } from "node:fs";
import type { Tool } from "../../../src/tools/tool.ts";

export interface LabelledQuery {
  readonly text: string;
  /** Names of the right tools, ≥ 1. */
  readonly tools: readonly string[];
}

export interface DataSet {
  readonly tools: readonly Tool[];
  /** What weights and word lists were chosen on. */
  readonly development: readonly LabelledQuery[];
  /** What was kept aside meanwhile. */
  readonly test: readonly LabelledQuery[];
}

const folder = new URL("../../../../shared/data/", import.meta.url);

const read = (path: string): string => readFileSync(new URL(path, folder), "utf8");
const readJson = <T>(path: string): T => JSON.parse(read(path)) as T;

/** 199 tools without schemas; of the queries with one tool each, 80 % for development. */
export function readMetaTool(): DataSet & { readonly several: readonly LabelledQuery[] } {
  const descriptions = {
    ...readJson<Record<string, string>>("metatool/plugin_des.json"),
    ...readJson<Record<string, string>>("metatool/big_tool_des.json"),
  };
  const queries = splitOrder(
    readCsv(read("metatool/all_clean_data.dev80.csv"))
      .slice(1)
      .map(([text, tool]) => ({ text: text!, tools: [tool!] })),
  );
  const share = Math.floor(queries.length * 0.8);
  return {
    tools: Object.entries(descriptions).map(([name, description]) => ({ name, description })),
    development: queries.slice(0, share),
    test: queries.slice(share),
    several: readJson<{ query: string; tool: string[] }[]>("metatool/multi_tool_query_golden.json").map(
      ({ query, tool }) => ({ text: query, tools: tool }),
    ),
  };
}

/** 1,853 functions with parameters; every other query for development. */
export function readBfcl(): DataSet {
  const { tools, queries } = readJson<{
    tools: { name: string; description: string; params: string }[];
    queries: { q: string; labels: string[] }[];
  }>("bfcl/bfcl_v4_unified.json");
  const labelled = queries.map(({ q, labels }) => ({ text: q, tools: labels }));
  return {
    tools: tools.map(({ name, description, params }) => ({
      name,
      description,
      // The names and descriptions of all parameters are one text there: the first word is a name.
      ...(params !== "" && { inputSchema: { type: "object", properties: asParameter(params) } }),
    })),
    development: labelled.filter((_, i) => i % 2 === 0),
    test: labelled.filter((_, i) => i % 2 === 1),
  };
}

function asParameter(params: string): Record<string, unknown> {
  const [name = "", ...words] = params.split(" ");
  return { [name]: { description: words.join(" ") } };
}

/** @returns the first `size` of MetaTool's tools, then BFCL's, then clones of the latter under vendors' names */
export function catalogueOf(size: number): Tool[] {
  const bfcl = readBfcl().tools;
  const tools = [...readMetaTool().tools, ...bfcl];
  for (let vendor = 1; tools.length < size; vendor++)
    tools.push(
      ...bfcl.map((tool) => ({ ...tool, name: `vendor${vendor}_${tool.name}`, server: `vendor${vendor}` })),
    );
  return tools.slice(0, size);
}

/** Real queries of both sets in turns, each once: 2,000 for one set's tools, 4,000 for both. */
export function queriesFor(size: number): string[] {
  const ofMetaTool = readMetaTool().test.slice(0, 2000);
  if (size <= 199) return ofMetaTool.map(({ text }) => text);
  const ofBfcl = readBfcl().test;
  return ofMetaTool.flatMap(({ text }, i) => (i < ofBfcl.length ? [text, ofBfcl[i]!.text] : [text]));
}

/** The split that development used; another would mix what it saw into the test. */
function splitOrder<T>(items: T[]): T[] {
  let state = 7;
  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}

function readCsv(text: string): string[][] {
  return Array.from(
    text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*)),(?:"((?:[^"]|"")*)"|([^,\r\n]*))\r?(?:\n|$)/g),
    (row) => [(row[1] ?? row[2] ?? "").replaceAll('""', '"'), (row[3] ?? row[4] ?? "").replaceAll('""', '"')],
  );
}
