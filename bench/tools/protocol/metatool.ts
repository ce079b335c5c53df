/** MetaTool's catalogue and queries, read from `../shared/data/metatool` beside the project. */
import { readFileSync } from "node:fs";
import { LexicalRanking } from "../../../src/tools/ranking/lexical-ranking.ts";
import type { Tool } from "../../../src/tools/tool.ts";

/** A query with the one tool that is right. */
export interface Labelled {
  readonly query: string;
  /** As the lexical ranking analyses it. */
  readonly terms: readonly string[];
  readonly tool: string;
}

const folder = new URL("../../../../shared/data/metatool/", import.meta.url);
const text = (file: string): string => readFileSync(new URL(file, folder), "utf8");

export function readTools(): Tool[] {
  const descriptions: Record<string, string> = {
    ...(JSON.parse(text("plugin_des.json")) as Record<string, string>),
    ...(JSON.parse(text("big_tool_des.json")) as Record<string, string>),
  };
  return Object.entries(descriptions).map(([name, description]) => ({ name, description }));
}

export function readLabelled(): Labelled[] {
  const lexical = new LexicalRanking(readTools());
  return parseCsv(text("all_clean_data.dev80.csv"))
    .slice(1)
    .map(([query = "", tool = ""]) => ({
      query,
      tool: tool.trim(),
      terms: [...lexical.score(query).terms],
    }));
}

/** Rows of fields, by RFC 4180. */
function parseCsv(content: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain, end] of content.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    if (end === ",") continue;
    if (row.length > 1) rows.push(row);
    row = [];
  }
  return rows;
}
