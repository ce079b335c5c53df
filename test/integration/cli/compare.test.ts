import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freePort } from "../../services/free-port.ts";
import { ComparedPrograms, computingServer } from "../../support/compared-programs.ts";

const url = ["--url", "http://127.0.0.1:{port}/"];
const short = ["--rounds", "2", "--duration", "0.5", "--warmup", "0.25", "--rate", "40"];
const json = ["--format", "json"];
const slow = 600_000;

test("finds that a program is 20 % slower, and fails for the regression", { timeout: slow }, async () => {
  using programs = new ComparedPrograms();
  const run = programs.write("app.cjs", computingServer);
  const { code, stdout, stderr } = await programs.compare([
    ...[...url, ...json, "--rounds", "8", "--duration", "1.5", "--warmup", "0.25", "--rate", "40"],
    ...["--fail-on-regression", "5%", "--a", `WORK=10000000 ${run}`, "--b", `WORK=12000000 ${run}`],
  ]);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining("regression: CPU per request"),
  });
  const document = JSON.parse(stdout);
  const cpu = document.comparisons[0].metrics.find(({ id }: { id: string }) => id === "cpuPerRequest");
  expect(cpu.verdict).toBe("worse");
  expect(cpu.ratio).toBeGreaterThan(1.1);
  expect(cpu.ratio).toBeLessThan(1.3);
  expect(programs.left()).toEqual([]);
});

test("measures a program beside itself: all metrics, the same answers, no process left", {
  timeout: slow,
}, async () => {
  using programs = new ComparedPrograms();
  const run = programs.write("app.cjs", computingServer);
  const result = await programs.compare([
    ...[...url, ...json, "--rounds", "3", "--duration", "1", "--warmup", "0.25", "--rate", "200"],
    ...["--fail-on-regression", "300", "--a", run, "--b", run],
  ]);
  expect(result.code, result.stderr).toBe(0);
  const document = JSON.parse(result.stdout);
  expect(document).toMatchObject({
    schemaVersion: 1,
    kind: "server",
    sideBySide: true,
    rate: 200,
    rounds: { planned: 3, done: 3 },
    partial: false,
    answers: { verdict: "same" },
  });
  expect(document.programs[0].runs[0].figures).toEqual({
    throughput: expect.any(Number),
    latencyP50: expect.any(Number),
    latencyP95: expect.any(Number),
    latencyP99: expect.any(Number),
    errorShare: expect.any(Number),
    startUp: expect.any(Number),
    cpuPerRequest: expect.any(Number),
    rssPeak: expect.any(Number),
    rssMedian: expect.any(Number),
    gcShare: expect.any(Number),
    loopDelayP99: expect.any(Number),
  });
  expect(document.leftOut).toContainEqual({ metric: "latencyP999", why: expect.stringContaining("too few") });
  expect(programs.pids().length).toBe(6);
  expect(programs.left()).toEqual([]);
});

test("a URL that the program doesn't serve is an error, with --fail-on-regression or without", {
  timeout: slow,
}, async () => {
  using programs = new ComparedPrograms();
  const run = programs.write(
    "app.cjs",
    'require("node:http").createServer((q, s) => { s.statusCode = q.url === "/" ? 200 : 404; s.end(); }).listen(process.env.PORT)',
  );
  const { code, stderr } = await programs.compare([
    ...["--url", "http://127.0.0.1:{port}/wrong", ...short, ...json, "--a", run, "--b", run],
  ]);
  expect(code).toBe(2);
  expect(stderr).toContain("most answers are 404; check that --url is what the program serves");
  expect(programs.left()).toEqual([]);
});

test("runs programs one after the other where the URL names a fixed port", { timeout: slow }, async () => {
  using programs = new ComparedPrograms();
  const run = programs.write("app.cjs", computingServer.replace("PORT", "FIXED"));
  const port = await freePort();
  const { code, stdout, stderr } = await programs.compare([
    ...["--url", `http://127.0.0.1:${port}/`, ...short, ...json],
    ...["--a", `FIXED=${port} ${run}`, "--b", `FIXED=${port} ${run}`],
  ]);
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ sideBySide: false, rounds: { done: 2 } });
  expect(programs.left()).toEqual([]);
});

test("finds a rate by itself, and says in the table how", { timeout: slow }, async () => {
  using programs = new ComparedPrograms();
  const run = programs.write("app.cjs", computingServer);
  const { code, stdout, stderr } = await programs.compare([
    ...[...url, "--rounds", "2", "--duration", "0.5", "--warmup", "0.25"],
    ...["--a", `WORK=3000000 ${run}`, "--b", `WORK=3000000 ${run}`],
  ]);
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(
    /2 rounds of 2 programs at [\d.]+ requests\/s \(half of the \d+ requests\/s.*\): about \d+ s/,
  );
  expect(stdout).toMatch(/half of the \d+ requests\/s that a can do/);
  expect(stdout).toMatch(/\| latency, p50 /);
});

test("loads a module before the program, and measures each step that it applied by itself", {
  timeout: slow,
}, async () => {
  using programs = new ComparedPrograms();
  programs.write("app.cjs", computingServer);
  programs.write(
    "auto.mjs",
    `import { appendFileSync, writeFileSync } from "node:fs";
     const only = process.env.VICTOR_OPTIMIZATIONS ?? "all";
     appendFileSync("loaded.txt", only + "\\n");
     const steps = [{ id: "one", state: "applied" }, { id: "two", state: "applied" }, { id: "three", state: "left-alone", reason: "no pool" }];
     writeFileSync(process.env.VICTOR_STATUS_FILE, JSON.stringify({ steps }));`,
  );
  const { code, stderr } = await programs.compare([
    ...[...url, ...short, ...json, "--out", "result.json", "--ablate", "--import", "auto.mjs"],
    ...["--", process.execPath, "app.cjs"],
  ]);
  expect(code, stderr).toBe(0);
  const document = programs.read("result.json");
  expect(document.programs.map(({ name }) => name)).toEqual([
    "without",
    "with",
    "loading",
    "only one",
    "only two",
  ]);
  expect(document.comparisons.map(({ a, b, family }) => [a, b, family])).toEqual([
    ["without", "with", "main"],
    ["without", "loading", "ablation"],
    ["loading", "only one", "ablation"],
    ["loading", "only two", "ablation"],
  ]);
  const judged = document.comparisons.map(({ metrics }) => metrics.map(({ id }) => id as string));
  expect(judged[1]).toEqual(judged[2]);
  expect(judged[0]).toEqual(expect.arrayContaining(judged[1]!));
  expect(judged[0]).toContain("throughput");
  expect(judged[1]).toContain("cpuPerRequest");
  // At a fixed rate it says nothing that latency doesn't, and each further claim makes the others harder to show.
  expect(judged[1]).not.toContain("throughput");
  expect(document.steps).toContainEqual({ id: "three", state: "left-alone", reason: "no pool" });
  const loaded = readFileSync(join(programs.folder, "loaded.txt"), "utf8").trim().split("\n");
  expect(loaded.toSorted()).toEqual(["all", "all", "all", "none", "none", "one", "one", "two", "two"]);
  expect(programs.left()).toEqual([]);
});

test("measures a step by itself once the program has loaded what it is for, and none that only waits", {
  timeout: slow,
}, async () => {
  using programs = new ComparedPrograms();
  programs.write(
    "app.cjs",
    `require("node:http").createServer((request, response) => {
       const { DatabaseSync } = require("node:sqlite");
       const database = new DatabaseSync(":memory:");
       response.end(String(database.prepare("select 42 as answer").get().answer));
       database.close();
     }).listen(Number(process.env.PORT), "127.0.0.1");`,
  );
  const { ended } = programs.start(
    [...url, ...short, ...json, "--out", "result.json", "--ablate", "--", process.execPath, "app.cjs"],
    { VICTOR_OPTIMIZATIONS: "node-sqlite,pg" },
  );
  const { code, stderr } = await ended;
  expect(code, stderr).toBe(0);
  const document = programs.read("result.json");
  expect(document.programs.map(({ name }) => name)).toEqual([
    "without",
    "with",
    "loading",
    "only node-sqlite",
  ]);
  const stateOf = (wanted: string) => document.steps?.find(({ id }) => id === wanted)?.state;
  expect([stateOf("node-sqlite"), stateOf("pg"), stateOf("mysql2")]).toEqual(["applied", "waiting", "off"]);
});

test("calls a script for each request, with the request's number", { timeout: slow }, async () => {
  using programs = new ComparedPrograms();
  const run = programs.write("app.cjs", computingServer);
  programs.write(
    "load.mjs",
    `export default async ({ url, index }) => {
       const response = await fetch(url + "item/" + index);
       if (index % 5 === 0) throw new Error("every fifth");
       return [index, await response.text()];
     };`,
  );
  const { code, stdout, stderr } = await programs.compare([
    ...[...short, ...json, "--script", "load.mjs", "--a", run, "--b", run],
  ]);
  expect(code, stderr).toBe(0);
  const document = JSON.parse(stdout);
  expect(document.answers.verdict).toBe("same");
  const { statuses, figures } = document.programs[0].runs[0];
  expect(Object.keys(statuses).toSorted()).toEqual(["every fifth", "ok"]);
  expect(figures.errorShare).toBeCloseTo(0.2, 5);
});

test("says so when the programs answer differently, or only one fails", { timeout: slow }, async () => {
  using programs = new ComparedPrograms();
  const server = (answer: string) =>
    `require("node:http").createServer((q, r) => { ${answer} }).listen(Number(process.env.PORT));`;
  const a = programs.write("a.cjs", server(`r.end("one");`));
  const b = programs.write(
    "b.cjs",
    server(`r.statusCode = 503; r.end("two");`)
      .replace("{ r", "{ if (n++ < 1) return r.end(); r")
      .replace(/^/, "let n = 0; "),
  );
  const { code, stdout, stderr } = await programs.compare([...url, ...short, "--a", a, "--b", b]);
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/only b gave 503 \(\d+ times\), a never/);
  expect(stdout).toMatch(/THE ANSWERS DIFFER/);
});

test("compares jobs that end: wall time, CPU and memory, and what they write", {
  timeout: slow,
}, async () => {
  using programs = new ComparedPrograms();
  const job = programs.write("job.cjs", `console.log("done"); setTimeout(() => {}, 50);`);
  const { code, stdout, stderr } = await programs.compare([...json, "--rounds", "3", "--a", job, "--b", job]);
  expect(code, stderr).toBe(0);
  const document = JSON.parse(stdout);
  expect(document).toMatchObject({ kind: "job", answers: { verdict: "same" } });
  expect(Object.keys(document.programs[1].runs[2].figures).toSorted()).toEqual([
    ...["cpuTime", "gcShare", "loopDelayP99", "rssMedian", "rssPeak", "wallTime"],
  ]);
});

test("gives the figures of each step of a job by itself, in words of runs and not of requests", {
  timeout: slow,
}, async () => {
  using programs = new ComparedPrograms();
  programs.write("job.cjs", `console.log("done"); setTimeout(() => {}, 50);`);
  programs.write(
    "auto.mjs",
    `import { writeFileSync } from "node:fs";
     writeFileSync(process.env.VICTOR_STATUS_FILE, JSON.stringify({ steps: [{ id: "one", state: "applied" }] }));`,
  );
  const { code, stdout, stderr } = await programs.compare([
    ...["--rounds", "3", "--ablate", "--import", "auto.mjs", "--", process.execPath, "job.cjs"],
  ]);
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/### only one\n\n\| metric .*\| ÷ loading .*\n.*\n\| wall time +\| +[\d.]+× +\|/);
  expect(stdout).toContain("Output: same; the standard output of 3 runs of each, by digest.");
  expect(stdout).not.toMatch(/request|answer/i);
});

test("leaves out what only a probe inside sees, where the program isn't Node", {
  timeout: slow,
}, async () => {
  using programs = new ComparedPrograms();
  const { code, stdout, stderr } = await programs.compare([
    ...["--rounds", "2", "--a", "sleep 0.3", "--b", "sleep 0.3"],
  ]);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain("Left out: gcShare, for a program is no Node program");
});

test.each([
  ["ends while it is loaded", `setTimeout(() => { console.error("out of luck"); process.exit(3); }, 1500);`],
  ["ends at once", `console.error("out of luck"); process.exit(3);`],
])("tells of a program that %s, with its last output", { timeout: slow }, async (_, extra) => {
  using programs = new ComparedPrograms();
  const good = programs.write("good.cjs", computingServer);
  const bad = programs.write("bad.cjs", computingServer + extra);
  const { code, stderr } = await programs.compare([
    ...[...url, "--rate", "20", "--duration", "3", "--a", good, "--b", bad],
  ]);
  expect(code).toBe(2);
  expect(stderr).toContain("error: b: ended with code 3; its last output:\n  | out of luck [VICTOR_COMPARE]");
  expect(programs.left()).toEqual([]);
});

test("tells of a program that never listens, and of one that only fails", { timeout: slow }, async () => {
  using programs = new ComparedPrograms();
  const deaf = programs.write("deaf.cjs", `console.log("thinking"); setInterval(() => {}, 1000);`);
  const first = await programs.compare([...url, ...short, "--start-timeout", "10", "--a", deaf, "--b", deaf]);
  expect(first.code).toBe(2);
  expect(first.stderr).toMatch(
    /a: http:\/\/127\.0\.0\.1:\d+\/ did not answer within 10000 ms \(nothing listens there; the port to listen on is in the variable PORT\)/,
  );
  expect(first.stderr).toContain("| thinking");
  const failing = programs.write(
    "failing.cjs",
    `require("node:http").createServer((q, r) => { r.statusCode = 500; r.end(); }).listen(Number(process.env.PORT));`,
  );
  const second = await programs.compare([
    ...url,
    ...short,
    "--start-timeout",
    "15",
    "--a",
    failing,
    "--b",
    failing,
  ]);
  expect(second.stderr).toContain("did not answer within 15000 ms (status 500)");
  expect(programs.left()).toEqual([]);
});

test("kills a program that ignores SIGTERM, with the children that it put into sessions of their own", {
  timeout: slow,
}, async () => {
  using programs = new ComparedPrograms();
  programs.write(
    "child.cjs",
    `process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); process.send("up");`,
  );
  const run = programs.write(
    "app.cjs",
    `process.on("SIGTERM", () => {});
     const children = [true, false].map((detached) =>
       require("node:child_process").fork("child.cjs", { detached, stdio: "inherit" }));
     Promise.all(children.map((child) => new Promise((up) => child.once("message", up)))).then(() => {
       for (const child of children) child.disconnect();
       ${computingServer}
     });`,
  );
  const { code, stdout, stderr } = await programs.compare([...url, ...short, "--a", run, "--b", run]);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain("a: did not end on SIGTERM, or left processes, and was killed");
  expect(programs.pids().length).toBe(12);
  expect(programs.left()).toEqual([]);
});

test("on Ctrl-C, keeps what is measured and ends the programs", { timeout: slow }, async () => {
  using programs = new ComparedPrograms();
  const run = programs.write("app.cjs", computingServer);
  const { child, said, ended } = programs.start([
    ...[...url, ...json, "--rate", "40", "--rounds", "50", "--duration", "0.5", "--warmup", "0.25"],
    ...["--out", "result.json", "--a", run, "--b", run],
  ]);
  await said("round 4 of 50");
  expect(programs.read("result.json")).toMatchObject({ partial: true, rounds: { done: 3, planned: 50 } });
  child.kill("SIGINT");
  expect((await ended).code).toBe(130);
  const document = programs.read("result.json");
  expect(document.partial).toBe(true);
  expect(document.rounds.done).toBeGreaterThanOrEqual(3);
  expect(programs.left()).toEqual([]);
});

test("when it is killed itself, its programs are, too", { timeout: slow }, async () => {
  using programs = new ComparedPrograms();
  const run = programs.write("app.cjs", computingServer);
  const { child, said, ended } = programs.start([
    ...[...url, "--rate", "40", "--rounds", "50", "--duration", "0.5", "--a", run, "--b", run],
  ]);
  await said("round 2 of 50");
  child.kill("SIGKILL");
  await ended;
  await programs.untilNoneIsLeft();
});

test("refuses an address where something listens already", { timeout: slow }, async () => {
  using programs = new ComparedPrograms();
  const run = programs.write("app.cjs", computingServer);
  const other = createServer((_, response) => response.end());
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  const { code, stderr } = await programs.compare([
    "--url",
    `http://127.0.0.1:${port}/`,
    "--a",
    run,
    "--b",
    run,
  ]);
  other.close();
  expect(code).toBe(2);
  expect(stderr).toContain(`something listens at http://127.0.0.1:${port}/ already`);
  expect(programs.pids()).toEqual([]);
});

test("tells of a job that fails, and of a command that isn't there", { timeout: slow }, async () => {
  using programs = new ComparedPrograms();
  const job = programs.write("job.cjs", `console.log("half done"); process.exitCode = 4;`);
  const failed = await programs.compare(["--a", job, "--b", job]);
  expect(failed).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("ended with code 4; its last output:\n  | half done"),
  });
  programs.write("empty.mjs", "");
  const missing = await programs.compare(["--import", "empty.mjs", "--", "no-such-program"]);
  expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("ENOENT") });
});

test.each([
  [[], "expected a program, such as -- node app.js, or two, by --a and --b"],
  [["--a", "x"], "expected both --a and --b, got --a alone"],
  [["--a", "x", "--b", "y", "--", "node"], "expected either a program after --, or --a and --b"],
  [["--a", "x", "--b", "y", "--ablate"], "ablate: only for a command"],
  [["--a", "x", "--b", "y", "--rate", "5"], "rate: only with url or script"],
  [["--a", "x", "--b", "y", "--url", "ftp://x/"], "url: expected a URL of http or https"],
  [["--a", "x", "--b", "y", "--rounds", "1"], "rounds: expected an integer from 2 to 1000, got 1"],
  [["--a", "x", "--b", "y", "--format", "pdf"], 'unknown "pdf"; valid are md, html, json'],
  [["--a", "x", "--b", "y", "--fail-on-regression", "much"], "expected a percentage such as 5%"],
])("refuses %j", async (args, message) => {
  using programs = new ComparedPrograms();
  expect(await programs.compare(args)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
});
