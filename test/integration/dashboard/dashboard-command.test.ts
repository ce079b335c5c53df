import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { startDashboard } from "../../../src/dashboard/index.ts";
import { scrapeMetrics } from "../../../src/dashboard/scrape/scraped-metrics.ts";
import { MetricRegistry, prometheusText } from "../../../src/metrics/index.ts";

const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
const children: ChildProcess[] = [];
const servers: Server[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const server of servers.splice(0)) server.close();
});

async function serve(
  answer: () => { status?: number; text: string },
  authorization?: string,
): Promise<string> {
  const server = createServer((request, response) => {
    const { status = 200, text } = answer();
    const isAllowed = request.headers.authorization === authorization;
    response.writeHead(isAllowed ? status : 401).end(isAllowed ? text : "");
  });
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
}

function victor(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [main, "dashboard", ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let [stdout, stderr] = ["", ""];
  const first = new Promise<string>((resolve) =>
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
      if (stdout.includes("\n")) resolve(stdout);
    }),
  );
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, "close").then(([code]) => ({ code: code as number, stdout, stderr }));
  return { child, first, ended };
}

/** Reads a stream of events until what it says holds `text`. */
async function readUntil(url: string, text: string): Promise<string> {
  const response = await fetch(`${url}events`);
  let said = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    said += chunk;
    if (said.includes(text)) return said;
  }
  return said;
}

test("shows what a running program's endpoint says, until a signal ends it", async () => {
  const registry = new MetricRegistry();
  registry
    .counter("jobs", { labels: ["queue"] })
    .bind({ queue: "mail" })
    .add(42);
  const endpoint = await serve(() => ({ text: prometheusText(registry) }), "Bearer secret");
  const { child, first, ended } = victor([endpoint, "--port", "0", "--interval", "250"], {
    VICTOR_METRICS_TOKEN: "secret",
  });
  const line = await first;
  expect(line).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/ shows http:.*; Ctrl-C ends it$/m);
  const said = await readUntil(line.split(" ")[0]!, "event: tick");
  expect(said).toMatch(/"name":"jobs_total".*"labels":\{"queue":"mail"\}/);
  child.kill("SIGINT");
  expect(await ended).toMatchObject({ code: 130, stderr: "" });
});

test.each([
  [["file:///etc/passwd"], 2, /targets: expected URLs of http: or https:/],
  [
    ["--host", "0.0.0.0", "--port", "0"],
    1,
    /can be reached from other machines.*\[VICTOR_DASHBOARD_TOKEN_REQUIRED\]/,
  ],
  [["--port", "x"], 2, /expected an integer from 0 to 65535/],
  [["--interval", "1"], 2, /expected an integer from 250 to 60000/],
])("victor dashboard %j ends with code %i", async (args, code, message) => {
  const outcome = await victor(args).ended;
  expect(outcome).toMatchObject({ code, stdout: "" });
  expect(outcome.stderr).toMatch(message);
});

test("an endpoint that fails is an alert, and its series are gone until it answers again", async () => {
  let answer: { status?: number; text: string } = { text: "a 1\n" };
  const endpoint = await serve(() => answer);
  const scraped = scrapeMetrics({ targets: [endpoint, "http://127.0.0.1:1/metrics"], timeoutMs: 30_000 });
  const values = () =>
    scraped.collect().map((one) => [one.name, one.labels.instance, "value" in one && one.value]);
  const { host } = new URL(endpoint);
  await scraped.refresh();
  expect(values()).toEqual([
    ["up", host, 1],
    ["a", host, 1],
    ["up", "127.0.0.1:1", 0],
  ]);
  answer = { status: 500, text: "a 2\n" };
  await scraped.refresh();
  expect(values()).toEqual([
    ["up", host, 0],
    ["up", "127.0.0.1:1", 0],
  ]);
  expect(scraped.active().map(({ reason }) => reason)).toEqual([
    `${endpoint}: it answers 500`,
    expect.stringMatching(/127\.0\.0\.1:1.*(ECONNREFUSED|bad port)/),
  ]);
  answer = { text: "<html>" };
  await scraped.refresh();
  expect(scraped.active()[0]!.reason).toBe(`${endpoint}: line 1 is no sample: <html>`);
  answer = { text: "a 3\n" };
  await scraped.refresh();
  expect(values()[1]).toEqual(["a", host, 3]);
});

test("a refresh that throws costs that sample alone, and is counted", async () => {
  let calls = 0;
  const refresh = async () => {
    if (calls++ === 1) throw new Error("no");
  };
  await using dashboard = await startDashboard({
    registry: new MetricRegistry(),
    port: 0,
    intervalMs: 250,
    refresh,
  });
  while (dashboard.stats().samples < 3) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(dashboard.stats().failedSamples).toBe(1);
});

test("two endpoints of one host are told apart", async () => {
  const server = createServer((request, response) => response.end(`level ${request.url!.slice(1)}\n`));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const scraped = scrapeMetrics({
    targets: [`http://${host}/1`, `http://${host}/2`, "http://127.0.0.1:1/metrics"],
    timeoutMs: 30_000,
  });
  await scraped.refresh();
  server.closeAllConnections();
  server.close();
  const lines = scraped
    .collect()
    .map((sample) => `${sample.name} ${sample.labels.instance} ${sample.type === "gauge" && sample.value}`);
  expect(lines).toEqual([
    `up ${host}/1 1`,
    `level ${host}/1 1`,
    `up ${host}/2 1`,
    `level ${host}/2 2`,
    "up 127.0.0.1:1 0",
  ]);
});
