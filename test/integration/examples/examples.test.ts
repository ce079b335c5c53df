import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { usePostgres } from "../../services/use-postgres.ts";

const folder = fileURLToPath(new URL("../../../examples/", import.meta.url));
const postgres = usePostgres();
const running: ChildProcess[] = [];

beforeAll(() => {
  if (existsSync(`${folder}node_modules/fastify/package.json`)) return;
  const install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  execFileSync("npm", install, { cwd: folder, stdio: "pipe" });
});
afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});

interface Ended {
  readonly code: number | null;
  readonly text: string;
}

/** An example as a process of its own. */
function start(file: string, args: readonly string[] = [], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [folder + file, ...args], { env: { ...process.env, ...env } });
  running.push(child);
  let text = "";
  const listening = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(text) ?? [];
      if (url !== undefined) listening.resolve(url);
    });
  const ended = once(child, "close").then(([code]): Ended => ({ code: code as number | null, text }));
  void ended.then(() => listening.reject(new Error(`${file} ended: ${text}`)));
  listening.promise.catch(() => undefined);
  const stop = (): Promise<Ended> => {
    child.kill("SIGTERM");
    return ended;
  };
  return { url: listening.promise, ended, stop };
}

const json = async (url: string) => (await fetch(url)).json();
const send = (url: string, method: string, body: unknown) =>
  fetch(url, { method, body: JSON.stringify(body), headers: { "content-type": "application/json" } });

describe("the examples do what they say", () => {
  test("the shop on Express answers from its caches until a product changes", async () => {
    const shop = start("express-app.mjs", [], { PORT: "0" });
    const product = `${await shop.url}/products/7`;
    const fresh = { id: 7, title: "Product 7", stock: 10, cents: 700 };
    expect(await json(product)).toEqual({ ...fresh, cached: { product: false, price: false } });
    expect(await json(product)).toMatchObject({ cached: { price: true } });
    expect((await send(`${product}/stock`, "PUT", { stock: 3 })).status).toBe(204);
    expect(await json(product)).toMatchObject({ stock: 3, cached: { price: true } });
    expect((await fetch(`${await shop.url}/products/1000`)).status).toBe(404);
    expect(await (await fetch(`${await shop.url}/metrics`)).text()).toContain("victor_db_");
    expect(await shop.stop()).toMatchObject({ code: 0, text: expect.stringContaining("closed") });
  });

  test("the bank on Fastify moves money whole or not at all", async () => {
    const bank = start("fastify-postgres.mjs", [], { PORT: "0", DATABASE_URL: postgres().url });
    const url = await bank.url;
    for (const [id, cents] of [
      [1, 500],
      [2, 0],
    ])
      expect((await send(`${url}/accounts/${id}`, "PUT", { cents })).status).toBe(204);
    expect(await json(`${url}/accounts/1`)).toEqual({ id: 1, cents: 500, cached: false });
    expect(await json(`${url}/accounts/1`)).toEqual({ id: 1, cents: 500, cached: true });
    expect((await send(`${url}/transfers`, "POST", { from: 1, to: 2, cents: 300 })).status).toBe(204);
    expect((await send(`${url}/transfers`, "POST", { from: 1, to: 2, cents: 300 })).status).toBe(409);
    expect(await json(`${url}/accounts/1`)).toEqual({ id: 1, cents: 200, cached: false });
    expect(await json(`${url}/accounts/2`)).toMatchObject({ cents: 300 });
    expect((await fetch(`${url}/accounts/3`)).status).toBe(404);
    expect((await fetch(`${url}/slow-queries`)).status).toBe(200);
    expect(await bank.stop()).toMatchObject({ code: 0, text: expect.stringContaining("closed") });
  });

  test("the agent finds the tools that fit", async () => {
    const { code, text } = await start("agent-with-mcp-tools.mjs").ended;
    expect(text).toContain("which tickets are open? → list_ticket (chosen before): done by list_ticket");
    expect(text).toContain("→ close_ticket:");
    expect(text).toContain("40 tools, 1 selection from the cache");
    expect(code).toBe(0);
  });

  test("the queue loses no picture but those that crash their thread", async () => {
    const { code, text } = await start("worker-queue.mjs", ["120"]).ended;
    expect(text).toContain("118 of 120 done");
    expect(text).toContain("picture 49: VICTOR_WORKER_CRASHED");
    expect(text).toContain("picture 99: VICTOR_WORKER_CRASHED");
    expect(code).toBe(0);
  });
});
