import { ToolsFileError } from "../errors.ts";
import { type Message, textOf } from "../tools/select-context.ts";
import { isRecord, parseJson, readText } from "./catalogue-file.ts";
import { parseCsv } from "./csv.ts";

/** A query with the tools that it should find. */
export interface LabelledQuery {
  readonly query: string;
  /** None: nothing in the catalogue fits. */
  readonly tools: readonly string[];
  readonly history?: readonly (string | Message)[];
  readonly pendingActions?: readonly string[];
  readonly taskType?: string;
}

/**
 * Reads labelled queries: JSON (an array, or `{ queries: […] }`), JSON Lines (`.jsonl`, `.ndjson`) or CSV with a first
 * line of names (`.csv`). The query stands under `query` or `q`, what it should find under `tools`, `tool` or `labels`, a
 * name or a list of them (in CSV with `|` between them); names are read without regard to case.
 * @throws {ToolsFileError} naming the entry that is wrong
 */
export async function readQueries(path: string): Promise<readonly LabelledQuery[]> {
  const text = await readText(path);
  const entries = entriesOf(path, text);
  if (entries.length === 0) throw new ToolsFileError(path, "there are no queries in it");
  return entries.map((entry, i) => labelled(path, entry, i + 1));
}

function entriesOf(path: string, text: string): readonly unknown[] {
  if (/\.csv$/i.test(path)) {
    const [names = [], ...rows] = parseCsv(text);
    return rows.map((row) =>
      Object.fromEntries(
        names.map((name, i) => [name, /^(tools?|labels)$/i.test(name.trim()) ? listed(row[i]) : row[i]]),
      ),
    );
  }
  if (/\.(jsonl|ndjson)$/i.test(path))
    return text
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line) => parseJson(path, line));
  const value = parseJson(path, text);
  const entries = isRecord(value) ? value.queries : value;
  if (!Array.isArray(entries))
    throw new ToolsFileError(
      path,
      "no queries: expected [{ query, tools }], or { queries: [{ query, tools }] }",
    );
  return entries;
}

const listed = (text = ""): string[] =>
  text
    .split("|")
    .map((name) => name.trim())
    .filter((name) => name !== "");

function labelled(path: string, entry: unknown, number: number): LabelledQuery {
  const wrong = (what: string): never => {
    throw new ToolsFileError(path, `query ${number}: ${what}`);
  };
  if (!isRecord(entry)) return wrong("expected an object { query, tools }");
  const lower = new Map(Object.entries(entry).map(([key, value]) => [key.trim().toLowerCase(), value]));
  const query = lower.get("query") ?? lower.get("q");
  if (typeof query !== "string") return wrong('expected a text under "query"');
  const given = lower.get("tools") ?? lower.get("tool") ?? lower.get("labels");
  const tools = typeof given === "string" ? [given] : given;
  if (!Array.isArray(tools) || !tools.every((tool) => typeof tool === "string"))
    return wrong('expected names of tools under "tools", or [] where nothing fits');
  const { history, pendingActions, taskType } = entry;
  if (history !== undefined) {
    if (!Array.isArray(history)) return wrong("history: expected an array of messages");
    try {
      for (const message of history) textOf(message as Message);
    } catch (error) {
      return wrong((error as Error).message);
    }
  }
  if (
    pendingActions !== undefined &&
    (!Array.isArray(pendingActions) || !pendingActions.every((action) => typeof action === "string"))
  )
    return wrong("pendingActions: expected an array of texts");
  if (taskType !== undefined && typeof taskType !== "string") return wrong("taskType: expected a text");
  return {
    query,
    tools: tools as string[],
    ...(history !== undefined && { history: history as readonly Message[] }),
    ...(pendingActions !== undefined && { pendingActions: pendingActions as readonly string[] }),
    ...(taskType !== undefined && { taskType }),
  };
}
