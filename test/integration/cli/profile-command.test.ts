import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ProfiledPrograms } from "../../support/profiled-program.ts";

const hot =
  "function hot(ms) { const end = performance.now() + ms; let x = 0; while (performance.now() < end) for (let i = 0; i < 1e5; i++) x += Math.sqrt(x + 1); return x; }\n";

test("a program keeps its arguments, environment, streams and exit code, and none of them is in the report", async () => {
  using programs = new ProfiledPrograms();
  programs.write(
    "app.mjs",
    `import { text } from "node:stream/consumers";
${hot}
const input = await text(process.stdin);
console.log(JSON.stringify({ argv: process.argv.slice(2), execArgv: process.execArgv, input, options: process.env.NODE_OPTIONS,
  secret: process.env.SECRET, ours: Object.keys(process.env).filter((name) => name.startsWith("VICTOR_PROFILE")) }));
console.error("to stderr");
hot(300);
process.exit(7);`,
  );
  const env = { ...process.env, SECRET: "hunter2-env", NODE_OPTIONS: "--no-warnings" };
  const running = programs.victor(
    [
      "--format",
      "html,md,json",
      "--keep",
      "--out",
      "out/here.html",
      "--",
      "node",
      "app.mjs",
      "--password",
      "hunter2-argument",
    ],
    env,
  );
  running.child.stdin?.end("typed");
  expect(await running.ended).toEqual({ code: 7, signal: null });
  expect(JSON.parse(running.output.stdout)).toEqual({
    argv: ["--password", "hunter2-argument"],
    execArgv: [],
    input: "typed",
    options: "--no-warnings",
    secret: "hunter2-env",
    ours: [],
  });
  expect(running.output.stderr).toMatch(/^to stderr$/m);
  const names = readdirSync(join(programs.folder, "out")).sort();
  expect(names).toEqual(["here.cpuprofile", "here.heapprofile", "here.html", "here.json", "here.md"]);
  for (const name of names)
    expect(readFileSync(join(programs.folder, "out", name), "utf8")).not.toContain("hunter2");
  const { threads } = programs.read("out/here.json");
  expect(threads[0]?.functions.map(({ place }) => place)).toContainEqual({
    name: "hot",
    file: join(programs.folder, "app.mjs"),
    line: 2,
    column: 13,
  });
  const markdown = readFileSync(join(programs.folder, "out", "here.md"), "utf8");
  expect(markdown).toMatch(/^\| hot +\| app\.mjs:2:13 /m);
});

test.each([
  ["without a handler", "", 128 + 2],
  ["with one", 'process.on("SIGINT", () => setTimeout(() => process.exit(3), 50));', 3],
  [
    "with one that ends it only when it is alone",
    'process.on("SIGINT", function own() { if (process.listeners("SIGINT").length > 1) return; process.off("SIGINT", own); process.kill(process.pid, "SIGINT"); });',
    128 + 2,
  ],
])("ctrl-C ends a program %s as ever, and the report is written", async (_, source, code) => {
  using programs = new ProfiledPrograms();
  programs.write("app.cjs", `${source}\nsetInterval(() => {}, 1000); console.log("ready");`);
  const running = programs.victor(["--format", "json", "--", "node", "app.cjs"]);
  await running.said("ready");
  running.child.kill("SIGINT");
  expect(await running.ended).toEqual({ code, signal: null });
  expect(programs.read().threads[0]?.samples).toBeGreaterThan(0);
});

test("ctrl-C ends a program that never yields, too, and the report names what it did", async () => {
  using programs = new ProfiledPrograms();
  programs.write(
    "app.cjs",
    `function forever() { let x = 0; for (;;) x += Math.sqrt(x + 1); }\nconsole.log("ready"); forever();`,
  );
  const running = programs.victor(["--format", "json", "--", "node", "app.cjs"]);
  await running.said("ready");
  running.child.kill("SIGINT");
  expect(await running.ended).toEqual({ code: 128 + 2, signal: null });
  const [main] = programs.read().threads;
  expect(main).toMatchObject({ complete: true });
  expect(main?.functions.map(({ place }) => place)).toContainEqual(
    expect.objectContaining({ name: "forever", line: 1 }),
  );
});

test("after --duration the program is ended, which is no failure", async () => {
  using programs = new ProfiledPrograms();
  const { code, profile } = await programs.profile("setInterval(() => {}, 1000);", {
    flags: ["--duration", "0.3"],
  });
  expect(code).toBe(0);
  expect(profile.threads[0]?.complete).toBe(true);
});

test("a program that throws ends as ever, and is reported", async () => {
  using programs = new ProfiledPrograms();
  const { code, running, profile } = await programs.profile(`${hot} hot(50); throw new Error("mine");`);
  expect(code).toBe(1);
  expect(running.output.stderr).toMatch(/Error: mine/);
  expect(profile.threads[0]?.complete).toBe(true);
});

test("of worker threads that run when the program ends, the profile is there", async () => {
  using programs = new ProfiledPrograms();
  programs.write(
    "worker.cjs",
    `${hot.replace("function hot", "function inWorker")} let turns = 0; setInterval(() => { inWorker(20); if (++turns === 5) require("node:worker_threads").parentPort.postMessage(0); }, 30);`,
  );
  const { profile } = await programs.profile(
    `const w = new (require("node:worker_threads").Worker)("./worker.cjs"); w.once("message", () => process.exit());`,
  );
  expect(profile.threadCount).toBe(2);
  expect(profile.threads[1]).toMatchObject({ threadId: 1, complete: true });
  expect(profile.threads[1]?.functions.map(({ place }) => place.name)).toContain("inWorker");
});

test("only the main program is profiled, its children with --children", async () => {
  const source = `if (process.argv[2] !== "child") require("node:child_process").fork(__filename, ["child"]);
console.log(JSON.stringify([process.argv[2] ?? "main", process.execArgv.length, "NODE_OPTIONS" in process.env]));`;
  using programs = new ProfiledPrograms();
  const { running } = await programs.profile(source);
  expect(running.output.stdout.trim().split("\n").sort()).toEqual(['["child",0,false]', '["main",0,false]']);
  expect(readdirSync(programs.folder).filter((name) => name.endsWith(".json"))).toEqual([
    "victor-profile.json",
  ]);
  await programs.profile(source, { flags: ["--children"] });
  expect(readdirSync(programs.folder).filter((name) => name.endsWith(".json"))).toHaveLength(2);
});

test("of an npm script, the script is profiled and not npm", async () => {
  using programs = new ProfiledPrograms();
  programs.write("package.json", JSON.stringify({ scripts: { begin: "node app.cjs" } }));
  programs.write("app.cjs", `${hot} hot(200);`);
  const running = programs.victor(["--format", "json", "--", "npm", "run", "begin"]);
  expect(await running.ended).toMatchObject({ code: 0 });
  expect(programs.read()).toMatchObject({ script: join(programs.folder, "app.cjs"), deoptimizations: null });
});

test("places are those of the sources, by their maps", async () => {
  using programs = new ProfiledPrograms();
  const map = {
    version: 3,
    sources: ["src/original.ts"],
    names: [],
    // Line 1 of the code is line 41 of the source.
    mappings: "AAwCA",
    sourcesContent: [""],
  };
  const { profile } = await programs.profile(
    `${hot}hot(300);\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString("base64")}\n`,
  );
  expect(profile.threads[0]?.functions.map(({ place }) => place)).toContainEqual(
    expect.objectContaining({ name: "hot", file: join(programs.folder, "src", "original.ts"), line: 41 }),
  );
});

test("names with HTML, and sources that are gone, make a page without either", async () => {
  using programs = new ProfiledPrograms();
  programs.write(
    "app.cjs",
    `${hot}const o = { "</script><img src=x onerror=alert(1)>"(ms) { return hot(ms); } };
o[Object.keys(o)[0]](200); require("node:fs").rmSync(__filename);`,
  );
  const running = programs.victor(["--format", "html,md", "--", "node", "app.cjs"]);
  expect(await running.ended).toMatchObject({ code: 0 });
  const page = readFileSync(join(programs.folder, "victor-profile.html"), "utf8");
  expect(page).not.toContain("<img");
  expect(page).toContain("&lt;img");
  expect(page.match(/<\/script/g)).toHaveLength(2);
  expect(page).not.toMatch(/(?:src|href)="(?!data:)/);
  expect(readFileSync(join(programs.folder, "victor-profile.md"), "utf8")).toContain("onerror");
});

test.each([
  [["--", "no-such-program"], 1, /can't be started .* \[VICTOR_PROFILE_TARGET\]/],
  [["--", "/bin/true"], 1, /left no recording/],
  [[], 2, /either a command after -- or --attach/],
  [["--attach", "1", "--", "node", "app.cjs"], 2, /either a command/],
  [["--attach", "1", "--deopts"], 2, /--deopts: only for a command/],
  [["--attach", "0"], 2, /expected a process id/],
  [["--format", "pdf", "--", "node", "x"], 2, /unknown "pdf"; valid are html, md, json/],
  [["--interval", "5", "--", "node", "x"], 2, /intervalUs: expected an integer from 100/],
])("%j ends with code %i and says why", async (args, code, message) => {
  using programs = new ProfiledPrograms();
  const running = programs.victor(args);
  expect(await running.ended).toMatchObject({ code });
  expect(running.output.stderr).toMatch(message);
  expect(readdirSync(programs.folder)).toEqual([]);
});

test("a program that is killed is reported up to its last save, or said to have left nothing", async () => {
  using programs = new ProfiledPrograms();
  programs.write(
    "app.cjs",
    `console.log("ready"); setInterval(() => {}, 1000); process.kill(process.pid, "SIGKILL");`,
  );
  const running = programs.victor(["--", "node", "app.cjs"]);
  await once(running.child, "close");
  expect(running.child.exitCode).toBe(1);
  expect(running.output.stderr).toMatch(/ended with code 137 and left no recording/);
});

test("a file that can't be written is told of before the program runs", async () => {
  using programs = new ProfiledPrograms();
  programs.write("app.mjs", `console.log("it ran");`);
  const running = programs.victor(["--out", "app.mjs/profile.html", "--", "node", "app.mjs"]);
  expect(await running.ended).toEqual({ code: 1, signal: null });
  expect(running.output.stdout).toBe("");
  expect(running.output.stderr).toMatch(/^error: the report can't be written .*\[VICTOR_REPORT_OUTPUT\]\n$/);
  // Nothing but the try, which leaves nothing.
  expect(readdirSync(programs.folder)).toEqual(["app.mjs"]);
});
