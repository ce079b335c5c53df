import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "victor-tools-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function run(...args: readonly string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [main, "tools", ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
}

const write = (name: string, content: unknown): Promise<void> =>
  writeFile(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));

const listed = [
  { name: "get_weather", description: "Forecast of rain", inputSchema: { type: "object", properties: {} } },
  {
    name: "send_mail",
    description: "Send a message",
    inputSchema: { type: "object" },
    annotations: { title: "x" },
  },
];

describe("victor tools select", () => {
  test("chooses from the coding assistant's tools when no catalogue is given", async () => {
    const { code, stdout, stderr } = await run(
      "select",
      "which commit introduced the bug? bisect",
      "--k",
      "2",
    );
    expect(code).toBe(0);
    expect(stderr).toBe(
      "No --catalog: choosing among the 120 tools of the example that comes with victor.\n",
    );
    expect(stdout.split("\n")[0]).toMatch(/^0\.\d{3} {2}git_bisect$/);
    expect(stdout.trimEnd().split("\n")).toHaveLength(2);
  });

  test.each([
    ["an answer to tools/list", { tools: listed, nextCursor: "x" }],
    ["with its JSON-RPC envelope", { jsonrpc: "2.0", id: 1, result: { tools: listed } }],
    ["an array of tools", listed],
    ["an array of pages", [{ tools: listed.slice(0, 1) }, { tools: listed.slice(1) }]],
    ["descriptions by name", { get_weather: "Forecast of rain", send_mail: "Send a message" }],
  ])("takes a catalogue as it comes: %s", async (_, catalogue) => {
    await write("catalogue.json", catalogue);
    const { code, stdout, stderr } = await run(
      "select",
      "will there be rain",
      "--catalog",
      "catalogue.json",
      "--json",
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      query: "will there be rain",
      tools: [{ name: "get_weather" }],
    });
  });

  test("prints a name that would steer the terminal as text", async () => {
    await write("catalogue.json", [{ name: "rain\u001b[2J\ngit_bisect" }]);
    const { stdout } = await run("select", "rain", "--catalog", "catalogue.json");
    expect(stdout).toMatch(/^0\.\d{3} {2}rain\\u001b\[2J\\u000agit_bisect\n$/);
  });

  test("says when nothing fits, and why something does", async () => {
    expect(await run("select", "xyzzy")).toMatchObject({ code: 0, stdout: "No tool fits.\n" });
    expect((await run("select", "rebase", "--threshold", "1")).stdout).toBe("No tool fits.\n");
    expect((await run("select", "rebase my commits", "--explain")).stdout).toMatch(
      /git_rebase .*rebas \(.*name/,
    );
  });
});

describe("victor tools eval", () => {
  test("prints recall, completeness, MRR and latency of the coding assistant's queries", async () => {
    const { code, stdout, stderr } = await run("eval");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("120 tools, 211 queries with tools, 14 that nothing fits");
    expect(stdout).toMatch(/\| recall +\| +\d+\.\d % \| +\d+\.\d % \| +\d+\.\d % \| +\d+\.\d % \|/);
    expect(stdout).toContain("all right tools found (comp@k)");
    expect(stdout).toMatch(/MRR 0\.\d{3}/);
    expect(stdout).toMatch(/p50 .*p99/);
  });

  const queries = [
    { query: "rain", tools: ["get_weather"] },
    { query: "message about rain", tools: ["get_weather", "send_mail"] },
    { query: "xyzzy", tools: [] },
    { query: "again", tool: "send_mail", history: [{ role: "user", content: "send a message" }] },
    { query: "rain", tools: ["gone"] },
  ];
  test.each([
    ["JSON", "q.json", queries],
    ["JSON with its queries under a name", "q.json", { queries }],
    ["JSON Lines", "q.jsonl", queries.map((query) => JSON.stringify(query)).join("\n")],
  ])("reads queries as %s and gives exact figures", async (_, name, content) => {
    await write("catalogue.json", listed);
    await write(name, content);
    const { code, stdout, stderr } = await run(
      ...["eval", "--catalog", "catalogue.json", "--queries", name, "--json"],
    );
    expect(code).toBe(0);
    expect(stderr).toBe("warning: labels that the catalogue doesn't have, which count as not found: gone\n");
    expect(JSON.parse(stdout)).toMatchObject({
      tools: 2,
      queries: 4,
      recall: { 1: 0.625, 3: 0.75, 5: 0.75, 10: 0.75 },
      complete: { 1: 0.5, 3: 0.75 },
      mrr: 0.75,
      nothingFits: { queries: 1, share: 1 },
      unknownTools: ["gone"],
    });
  });

  test("counts pinned tools neither for nor against that nothing fits", async () => {
    await write("catalogue.json", [...listed, { name: "think", pinned: true }]);
    await write("q.json", queries);
    const { stdout } = await run("eval", "--catalog", "catalogue.json", "--queries", "q.json", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ nothingFits: { queries: 1, share: 1 } });
  });

  test("reads queries as CSV", async () => {
    await write("catalogue.json", listed);
    await write(
      "q.csv",
      'Query,Tool\n"rain, please",get_weather\nmessage about rain,send_mail|get_weather\nxyzzy,\n',
    );
    const { stdout } = await run("eval", "--catalog", "catalogue.json", "--queries", "q.csv", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ queries: 2, recall: { 3: 1 }, nothingFits: { queries: 1 } });
  });
});

describe("victor tools refuses, with the exit code of wrong usage", () => {
  test.each([
    [
      "a file that isn't there",
      ["select", "x", "--catalog", "none.json"],
      "none.json: no such file [VICTOR_TOOLS_FILE]",
    ],
    ["a folder", ["select", "x", "--catalog", "."], "VICTOR_TOOLS_FILE"],
    ["text", ["select", "x", "--catalog", "text.json"], "text.json: not JSON"],
    ["another JSON", ["select", "x", "--catalog", "other.json"], "no catalogue"],
    ["a wrong tool", ["select", "x", "--catalog", "wrong.json"], "VICTOR_INVALID_TOOL"],
    ["a tool without a name", ["select", "x", "--catalog", "nameless.json"], "tools[0].name"],
    ["a request for tools", ["select", "x", "--catalog", "request.json"], "no catalogue"],
    ["lists in lists", ["select", "x", "--catalog", "deep.json"], "VICTOR_INVALID_TOOL"],
    ["two tools of one name", ["select", "x", "--catalog", "twice.json"], "VICTOR_DUPLICATE_TOOL"],
    ["a catalogue without queries", ["eval", "--catalog", "good.json"], "--catalog needs --queries"],
    ["queries that are none", ["eval", "--queries", "other.json"], "no queries"],
    ["no query at all", ["eval", "--queries", "empty.json"], "no queries in it"],
    ["a query without a text", ["eval", "--queries", "textless.json"], "query 2: expected a text"],
    ["a query without labels", ["eval", "--queries", "unlabelled.json"], "query 1: expected names of tools"],
    ["a wrong line", ["eval", "--queries", "bad.jsonl"], "bad.jsonl: not JSON"],
    ["a k of 0", ["select", "x", "--k", "0"], "from 1 to 10,000"],
    ["a threshold above 1", ["select", "x", "--threshold", "2"], "from 0 to 1"],
    ["no query", ["select"], "missing required argument"],
    ["an unknown flag", ["eval", "--other"], "unknown option"],
    ["no command", [], "Usage: victor tools"],
  ])("%s", async (_, args, message) => {
    await Promise.all([
      write("text.json", "hello"),
      write("other.json", { size: 3 }),
      write("wrong.json", [{ name: "x", inputSchema: 7 }]),
      write("nameless.json", [{ description: "Reads" }, { name: "x" }]),
      write("request.json", { jsonrpc: "2.0", id: "1", method: "tools/list" }),
      write("deep.json", "[".repeat(20_000) + "]".repeat(20_000)),
      write("twice.json", [{ name: "x" }, { name: "x" }]),
      write("good.json", listed),
      write("empty.json", []),
      write("textless.json", [{ query: "x", tools: [] }, { tools: [] }]),
      write("unlabelled.json", [{ query: "x" }]),
      write("bad.jsonl", '{"query":"x","tools":[]}\n{'),
    ]);
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
  });
});
