import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const source = (path: string): string =>
  JSON.stringify(new URL(`../../../src/metrics/${path}`, import.meta.url).href);

/** @returns what the process printed, once it has ended by itself */
function run(script: string): string {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ["--no-warnings", "--input-type=module", "--eval", script],
    { encoding: "utf8", timeout: 240_000 },
  );
  if (status !== 0) throw new Error(`the script ended with ${signal ?? status}: ${stderr}`);
  return stdout;
}

test("a process ends with runtime metrics, a server and a kept connection that nobody has closed", () => {
  const printed = run(`
    import { Agent, get } from "node:http";
    import { MetricRegistry } from ${source("registry.ts")};
    import { RuntimeMetrics } from ${source("runtime/runtime-metrics.ts")};
    import { startMetricsServer } from ${source("endpoint/metrics-server.ts")};
    const registry = new MetricRegistry();
    registry.register(new RuntimeMetrics({ probesThreadPool: true }));
    const server = await startMetricsServer({ registry, port: 0 });
    const agent = new Agent({ keepAlive: true });
    const { promise, resolve } = Promise.withResolvers();
    get(server.url, { agent }, (response) => response.resume().on("end", () => resolve(response.statusCode)));
    console.log(await promise);
  `);
  expect(printed).toBe("200\n");
});

test("a process that awaits the server's end ends after it", () => {
  const printed = run(`
    import { MetricRegistry } from ${source("registry.ts")};
    import { startMetricsServer } from ${source("endpoint/metrics-server.ts")};
    const server = await startMetricsServer({ registry: new MetricRegistry(), port: 0 });
    await server.close();
    console.log("closed");
  `);
  expect(printed).toBe("closed\n");
});
