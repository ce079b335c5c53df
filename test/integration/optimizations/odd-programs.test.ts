import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { autoFile, plainEnvironment, prepareRealPackages } from "../../support/real-packages.ts";
import { runNode } from "../../support/run-node.ts";

const auto = ["--import", pathToFileURL(autoFile).href];
let folder: string;

beforeAll(() => {
  prepareRealPackages();
  folder = mkdtempSync(join(tmpdir(), "victor-odd-"));
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe("Auto mode", () => {
  it.each([
    [
      "replaces timers",
      "globalThis.setTimeout = () => 1; const end = Date.now() + 20; while (Date.now() < end);",
    ],
    [
      "deletes the clock",
      `const server = require("node:http").createServer((_, response) => response.end("body"));
       const { get } = require("node:http");
       const { DatabaseSync } = require("node:sqlite");
       delete globalThis.performance;
       new DatabaseSync(":memory:").prepare("select 1").get();
       server.listen(0, "127.0.0.1", () => {
         get("http://127.0.0.1:" + server.address().port, (response) => {
           response.resume();
           console.log(response.statusCode);
           server.close();
         });
       });`,
    ],
    [
      "stops ticks",
      `const { lookup } = require("node:dns");
       lookup("localhost", 4, () => {
         process.nextTick = () => {};
         lookup("localhost", 4, (error, address) => console.log(address));
       });`,
    ],
    [
      "publishes on the channels of others",
      `const channels = require("node:diagnostics_channel");
       const stand = new Proxy({}, { get() { throw new Error("mine"); } });
       for (const name of ["undici:request:headers", "http.client.response.finish", "tracing:module.require:end"])
         for (const message of [undefined, null, {}, { id: "pg", result: stand }])
           channels.channel(name).publish(message);
       console.log("published");`,
    ],
    [
      "calls methods on what they aren't for",
      `const { DatabaseSync, StatementSync } = require("node:sqlite");
       const database = new DatabaseSync(":memory:");
       const statement = database.prepare("select 1");
       database.close();
       for (const self of [undefined, {}, 1, statement])
         for (const name of ["run", "get", "all"])
           try { StatementSync.prototype[name].call(self); } catch (error) { console.log(error.message, error.code); }`,
    ],
  ])("changes nothing for a program that %s", async (_, text) => {
    const program = file("odd.cjs", text);
    const run = (flags: readonly string[]) =>
      runNode(["--no-warnings", ...flags, program], { env: plainEnvironment() });
    const without = await run([]);
    expect(without.code).toBe(0);
    expect(await run(auto)).toEqual(without);
  });

  it("starts a program that may read no file but its own", async () => {
    const program = file("permitted.cjs", "console.log('started')");
    const read = [program, autoFile].map((path) => `--allow-fs-read=${path}`);
    const run = await runNode(["--permission", ...read, ...auto, program], { env: plainEnvironment() });
    expect(run).toMatchObject({ code: 0, stdout: "started\n" });
    const wrong = await runNode(["--permission", ...read, ...auto, program], {
      env: plainEnvironment({ VICTOR_DISABEL: "pg" }),
    });
    expect(wrong).toMatchObject({ code: 9, stdout: "" });
    expect(wrong.stderr).toContain("VICTOR_DISABEL: unknown variable; known are");
  });

  it("starts a program in a folder that was removed", async () => {
    const program = file("started.cjs", "console.log('started')");
    const starter = file(
      "starter.cjs",
      `const { mkdtempSync, rmdirSync } = require("node:fs");
       const gone = mkdtempSync(__dirname + "/gone-");
       process.chdir(gone);
       rmdirSync(gone);
       process.execve(process.execPath, [process.execPath, ...process.argv.slice(2)], process.env);`,
    );
    const run = await runNode(["--no-warnings", starter, ...auto, program], { env: plainEnvironment() });
    expect(run).toMatchObject({ code: 0, stdout: "started\n", stderr: "" });
  });

  it("puts back all that can be put back when the program has frozen a part", async () => {
    const apply = new URL("../../../dist/optimizations/apply-all.js", import.meta.url).href;
    const program = file(
      "frozen.mjs",
      `import dns from "node:dns";
       import { hasSubscribers } from "node:diagnostics_channel";
       import { applyAllOptimizations } from ${JSON.stringify(apply)};
       const handle = applyAllOptimizations();
       Object.freeze(dns);
       await handle.close();
       console.log(hasSubscribers("http.client.request.start"), hasSubscribers("tracing:module.require:end"));`,
    );
    const { stdout, stderr } = await runNode([program], { env: plainEnvironment() });
    expect([stdout, stderr]).toEqual(["false false\n", ""]);
  });

  it("sends no further attempt once closed, though the program has composed on the dispatcher", async () => {
    const apply = new URL("../../../dist/optimizations/apply-all.js", import.meta.url).href;
    const program = file(
      "composed.mjs",
      `import { createServer } from "node:http";
       import { applyAllOptimizations } from ${JSON.stringify(apply)};
       let asked = 0;
       const server = createServer((_, response) => { asked++; response.writeHead(503).end(); });
       server.listen(0, "127.0.0.1", async () => {
         const handle = applyAllOptimizations({ optimizations: ["retries", "response-cache"] });
         for (const version of [1, 2]) {
           const place = Symbol.for("undici.globalDispatcher." + version);
           if (globalThis[place]) globalThis[place] = globalThis[place].compose((dispatch) => dispatch);
         }
         await handle.close();
         const { status } = await fetch("http://127.0.0.1:" + server.address().port);
         console.log(status, asked);
         server.closeAllConnections();
         server.close();
       });`,
    );
    const { stdout, stderr } = await runNode([program], { env: plainEnvironment() });
    expect([stdout, stderr]).toEqual(["503 1\n", ""]);
  });

  it("gives a fetch that failed with all its attempts the error that it would have without them", async () => {
    const apply = new URL("../../../dist/optimizations/apply-all.js", import.meta.url).href;
    const program = file(
      "refused.mjs",
      `import { createServer } from "node:http";
       import { applyAllOptimizations } from ${JSON.stringify(apply)};
       let asked = 0;
       const server = createServer((request) => { asked++; request.socket.destroy(); });
       server.listen(0, "127.0.0.1", async () => {
         const handle = applyAllOptimizations({ optimizations: ["retries"] });
         const error = await fetch("http://127.0.0.1:" + server.address().port).catch((thrown) => thrown);
         console.log(error.message, error.cause.code, asked > 1);
         await handle.close();
         server.close();
       });`,
    );
    const { stdout, stderr } = await runNode([program], { env: plainEnvironment() });
    expect([stdout, stderr]).toEqual(["fetch failed UND_ERR_SOCKET true\n", ""]);
  });

  it("leaves a dispatcher alone that it can't compose with, and the others, too", async () => {
    const apply = new URL("../../../dist/optimizations/apply-all.js", import.meta.url).href;
    const program = file(
      "uncomposed.mjs",
      `import { applyAllOptimizations } from ${JSON.stringify(apply)};
       void Response;
       const places = [1, 2].map((version) => Symbol.for("undici.globalDispatcher." + version));
       const own = { dispatch() {} };
       globalThis[places[1]] = own;
       const before = places.map((place) => globalThis[place]);
       const handle = applyAllOptimizations({ optimizations: ["retries"] });
       const { state } = handle.status().steps.find(({ id }) => id === "retries");
       console.log(state, places.every((place, i) => globalThis[place] === before[i]));
       await handle.close();`,
    );
    const { stdout, stderr } = await runNode([program], { env: plainEnvironment() });
    expect([stdout, stderr]).toEqual(["failed true\n", ""]);
  });

  it("gives each worker of a cluster a port of its own for metrics, unseen by the program", async () => {
    const program = file(
      "cluster.cjs",
      `const cluster = require("node:cluster");
       const handle = globalThis[Symbol.for("victor-optimizations.applied.1")];
       if (cluster.isPrimary) {
         const urls = [];
         cluster.on("listening", () => console.log("listening"));
         for (let i = 0; i < 2; i++)
           cluster.fork().on("message", (url) => {
             if (urls.push(url) < 2) return;
             console.log(new Set(urls).size);
             for (const worker of Object.values(cluster.workers)) worker.kill();
           });
       } else {
         const tell = () => (handle.status().metricsUrl ? process.send(handle.status().metricsUrl) : setTimeout(tell, 10));
         tell();
       }`,
    );
    const { stdout, stderr } = await runNode([...auto, program], {
      env: plainEnvironment({ VICTOR_METRICS_PORT: "0" }),
    });
    expect([stdout, stderr]).toEqual(["2\n", ""]);
  });
});
