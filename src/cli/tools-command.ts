import { type Command, InvalidArgumentError } from "commander";
import type { EvaluatedQueries } from "./evaluate-queries.ts";
import type { LabelledQuery } from "./query-file.ts";

interface EvalFlags {
  readonly catalog?: string;
  readonly queries?: string;
  readonly threshold: number;
  readonly json?: true;
}

interface SelectFlags {
  readonly catalog?: string;
  readonly k: number;
  readonly threshold: number;
  readonly explain?: true;
  readonly json?: true;
}

const catalogueHelp =
  "JSON file: a result of MCP's tools/list as it is, or an array of tools (default: the coding assistant that comes with victor)";

/** Adds `victor tools eval` and `victor tools select`. Loads the tools when one of them runs. @param finish is told the exit code */
export function addToolsCommand(program: Command, finish: (exitCode: number) => void): void {
  const tools = program
    .command("tools")
    .description("choose an agent's tools, and measure how often the choice is right");
  tools
    .command("eval")
    .description("rank labelled queries; print recall, completeness, MRR and latency")
    .option("--catalog <file>", catalogueHelp)
    .option(
      "--queries <file>",
      "labelled queries: JSON, JSON Lines or CSV with query and tools (needed with --catalog)",
    )
    .option("--threshold <score>", "least score, 0 to 1; above 0, nothing fits can be the answer", score, 0)
    .option("--json", "print JSON")
    .action(async (flags: EvalFlags) => finish(await reported(() => evaluate(flags))));
  tools
    .command("select")
    .description("choose tools for one query")
    .argument("<query>", "what is to be done, in words")
    .option("--catalog <file>", catalogueHelp)
    .option("--k <number>", "tools at most, besides pinned ones", count, 5)
    .option("--threshold <score>", "least score, 0 to 1; above 0, nothing fits can be the answer", score, 0)
    .option("--explain", "print what lifted each tool")
    .option("--json", "print JSON")
    .action(async (query: string, flags: SelectFlags) => finish(await reported(() => select(query, flags))));
}

function score(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError("expected a number from 0 to 1.");
  return value;
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 10_000)
    throw new InvalidArgumentError("expected an integer from 1 to 10,000.");
  return value;
}

/** @returns the exit code: what is wrong with a file is wrong usage */
async function reported(run: () => Promise<number>): Promise<number> {
  const { VictorError } = await import("../errors.ts");
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof VictorError)) throw error;
    process.stderr.write(`error: ${visible(error.message)} [${error.code}]\n`);
    return 2;
  }
}

async function evaluate({ catalog, queries, threshold, json }: EvalFlags): Promise<number> {
  if (catalog !== undefined && queries === undefined) {
    process.stderr.write("error: --catalog needs --queries, a file of labelled queries to it\n");
    return 2;
  }
  const { readQueries } = await import("./query-file.ts");
  const { evaluateQueries } = await import("./evaluate-queries.ts");
  const tools = await toolsOf(catalog);
  const labelled: readonly LabelledQuery[] =
    queries === undefined
      ? (await import("../tools/example/coding-assistant.ts")).codingAssistantQueries
      : await readQueries(queries);
  const found = await evaluateQueries(tools, labelled, threshold);
  warnOf(found.unknownTools);
  if (json) print(found);
  else process.stdout.write(await tablesOf(found));
  return 0;
}

function warnOf(unknown: readonly string[]): void {
  if (unknown.length === 0) return;
  const more = unknown.length > 5 ? `, and ${unknown.length - 5} more` : "";
  process.stderr.write(
    `warning: labels that the catalogue doesn't have, which count as not found: ${unknown.slice(0, 5).map(visible).join(", ")}${more}\n`,
  );
}

async function tablesOf(found: EvaluatedQueries): Promise<string> {
  const { formatDuration, markdownTable } = await import("../measure/index.ts");
  const percent = (share: number | undefined): string =>
    share === undefined ? "–" : `${(100 * share).toFixed(1)} %`;
  const depths = Object.keys(found.recall);
  const quality = markdownTable(
    ["", ...depths.map((k) => `@${k}`)],
    [
      ["recall", ...depths.map((k) => percent(found.recall[k]))],
      ["all right tools found (comp@k)", ...depths.map((k) => percent(found.complete[k]))],
    ],
  );
  const { latencyMs: ms } = found;
  const duration = (value: number): string => formatDuration(value * 1e6);
  const latency = markdownTable(
    ["latency", "p50", "p90", "p99", "max", "first of the process"],
    [["uncached", ...[ms.p50, ms.p90, ms.p99, ms.max, ms.first].map(duration)]],
  );
  const lines = [
    `${found.tools} tools, ${found.queries} queries with tools, ${found.nothingFits.queries} that nothing fits`,
    "",
    quality,
    "",
    `MRR ${found.mrr === undefined ? "–" : found.mrr.toFixed(3)}`,
  ];
  if (found.nothingFits.queries > 0)
    lines.push(`Nothing chosen where nothing fits: ${percent(found.nothingFits.share)}`);
  return `${[...lines, "", latency].join("\n")}\n`;
}

async function select(query: string, { catalog, k, threshold, explain, json }: SelectFlags): Promise<number> {
  const { ToolSelector } = await import("../tools/tool-selector.ts");
  const selector = new ToolSelector({ tools: await toolsOf(catalog), k, threshold });
  if (catalog === undefined)
    process.stderr.write(
      `No --catalog: choosing among the ${selector.size} tools of the example that comes with victor.\n`,
    );
  const { id, tools } = selector.select(query);
  const explanation = explain ? selector.explain(id) : undefined;
  if (json) {
    print({ query, tools, ...(explanation && { explanation: explanation.tools }) });
    return 0;
  }
  if (tools.length === 0) process.stdout.write("No tool fits.\n");
  const width = Math.max(...tools.map(({ name }) => visible(name).length));
  for (const [i, { name, score: points }] of tools.entries()) {
    const terms = explanation?.tools[i]?.words.terms.map(
      ({ term, fields }) => `${term} (${Object.keys(fields).join(", ")})`,
    );
    const why = terms === undefined ? "" : `  ${terms.join("; ")}`;
    process.stdout.write(
      `${points.toFixed(3)}  ${explanation ? visible(name).padEnd(width) : visible(name)}${why}\n`,
    );
  }
  return 0;
}

/** A text as it can be printed: whoever named a tool must not steer the terminal, nor write a line of the output. */
function visible(text: string): string {
  const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, escaped);
}

async function toolsOf(catalog: string | undefined) {
  if (catalog === undefined)
    return (await import("../tools/example/coding-assistant.ts")).codingAssistantTools;
  return (await import("./catalogue-file.ts")).readCatalogue(catalog);
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}
