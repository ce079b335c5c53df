import { spawn } from "node:child_process";
import { once } from "node:events";
import { type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { type Dashboard, type DashboardOptions, startDashboard } from "../../../src/dashboard/index.ts";
import { readPageFiles } from "../../../src/dashboard/page-files.ts";
import { MetricRegistry, type MetricSample } from "../../../src/metrics/index.ts";

const token = "correct horse battery staple";
const open: Dashboard[] = [];
afterEach(async () => {
  for (const dashboard of open.splice(0)) await dashboard.close();
});
async function start(options: Partial<DashboardOptions> = {}): Promise<Dashboard> {
  const dashboard = await startDashboard({ registry: new MetricRegistry(), port: 0, ...options });
  open.push(dashboard);
  return dashboard;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One request just as it is given: no cookie jar, no checks of a browser. */
async function ask(
  { url }: Dashboard,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const { port } = new URL(url);
  const sent = request({
    host: "127.0.0.1",
    port,
    path,
    method: options.method ?? "GET",
    headers: options.headers ?? {},
    agent: false,
  });
  sent.end(options.body);
  const [response] = await once(sent, "response");
  let body = "";
  for await (const chunk of response) {
    body += chunk;
    if (response.headers["content-type"]?.startsWith("text/event-stream")) break;
  }
  return { status: response.statusCode, headers: response.headers, body };
}

const login = (dashboard: Dashboard, given: string, headers: Record<string, string> = {}) =>
  ask(dashboard, "/login", {
    method: "POST",
    headers,
    body: new URLSearchParams({ token: given }).toString(),
  });

test("all that the page loads is at most 45 KB gzipped, uPlot included", () => {
  const files = [...readPageFiles()].filter(([path]) => path !== "/login");
  const bytes = files.reduce((sum, [, { gzipped }]) => sum + gzipped.length, 0);
  expect(bytes).toBeLessThanOrEqual(45_000);
  for (const [, { plain, gzipped }] of files) expect(gzipped).toEqual(gzipSync(plain, { level: 9 }));
});

test("every answer forbids what the page doesn't need, and is kept by nobody", async () => {
  const dashboard = await start();
  for (const path of [
    "/",
    "/app.js",
    "/uplot.js",
    "/dashboard.css",
    "/icon.svg",
    "/nowhere",
    "/history?rows=1&from=0",
  ]) {
    const { headers } = await ask(dashboard, path);
    expect(headers["content-security-policy"], path).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'; .*frame-ancestors 'none'/,
    );
    expect(headers["content-security-policy"]).not.toContain("unsafe");
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
      "x-frame-options": "DENY",
    });
  }
});

test("is refused under a foreign name, from a foreign page, by other methods, and where it's too long", async () => {
  const dashboard = await start();
  const status = async (path: string, options = {}) => (await ask(dashboard, path, options)).status;
  expect(await status("/", { headers: { Host: "evil.example" } })).toBe(421);
  expect(await status("/events", { headers: { Host: "evil.example:7070" } })).toBe(421);
  expect(await status("/events", { headers: { Origin: "http://evil.example" } })).toBe(403);
  expect(await status("/app.js", { headers: { "Sec-Fetch-Site": "cross-site" } })).toBe(403);
  expect(await status("/history?rows=1&from=0", { headers: { Origin: "null" } })).toBe(403);
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
    expect(await status("/", { method })).toBe(405);
  expect(await status(`/${"x".repeat(3_000)}`)).toBe(414);
  expect(await status("/", { headers: { Cookie: "x".repeat(20_000) } })).toBe(431);
  expect(await status("/../../package.json")).toBe(404);
  expect(await status("/%2e%2e/package.json")).toBe(404);
});

test("a history is given of the rows and from the time that are asked for; anything else is refused", async () => {
  const dashboard = await start();
  const many = Array.from({ length: 65 }, (_, i) => i).join(",");
  for (const query of [
    "",
    "?",
    "?rows=&from=0",
    "?rows=a&from=0",
    "?rows=1",
    "?rows=1&from=-1",
    "?rows=1,&from=0",
    `?rows=${many}&from=0`,
    "?rows=1&from=0&x=1",
    "?rows=1e9&from=0",
  ])
    expect((await ask(dashboard, `/history${query}`)).status, query).toBe(400);
  const { status, headers } = await ask(dashboard, "/history?rows=1,2,999999999&from=0");
  expect([status, headers["content-type"]]).toEqual([200, "application/octet-stream"]);
});

test("with a token nothing is seen without it; it is exchanged for a cookie by a POST of the own page", async () => {
  const dashboard = await start({ token });
  const page = await ask(dashboard, "/");
  expect([page.status, page.body.includes('name="token"'), page.body.includes("app.js")]).toEqual([
    401,
    true,
    false,
  ]);
  for (const path of ["/events", "/history?rows=1&from=0"])
    expect((await ask(dashboard, path)).status).toBe(401);
  // The token in an address would be written to logs: it counts for nothing there.
  expect((await ask(dashboard, `/events?token=${encodeURIComponent(token)}`)).status).toBe(401);
  expect(
    (await ask(dashboard, `/login?token=${encodeURIComponent(token)}`)).headers["set-cookie"],
  ).toBeUndefined();
  expect((await login(dashboard, token, { Origin: "http://evil.example" })).status).toBe(403);
  const wrong = await login(dashboard, `${token}!`);
  expect([wrong.status, wrong.headers.location, wrong.headers["set-cookie"]]).toEqual([
    303,
    "/login?wrong",
    undefined,
  ]);

  const right = await login(dashboard, token, { Origin: dashboard.url.slice(0, -1) });
  expect([right.status, right.headers.location]).toEqual([303, "/"]);
  const [cookie = ""] = right.headers["set-cookie"] ?? [];
  expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Path=\/; /);
  const headers = { Cookie: cookie.split(";")[0]! };
  expect((await ask(dashboard, "/", { headers })).status).toBe(200);
  expect((await ask(dashboard, "/history?rows=1&from=0", { headers })).status).toBe(200);
  const events = await ask(dashboard, "/events", { headers });
  expect([events.status, events.body.startsWith("event: hello\ndata: {")]).toEqual([200, true]);
});

test("whoever guesses has to wait, also for the right token, and an endless one isn't read", async () => {
  const dashboard = await start({ token });
  expect((await login(dashboard, "x".repeat(5_000))).status).toBe(413);
  const guesses = await Promise.all(Array.from({ length: 20 }, (_, i) => login(dashboard, `guess ${i}`)));
  const answered = guesses.filter(({ status }) => status === 303);
  expect(guesses.some(({ headers }) => headers["set-cookie"] !== undefined)).toBe(false);
  expect(answered.length).toBeGreaterThanOrEqual(5);
  const late = await login(dashboard, token);
  expect([late.status, Number(late.headers["retry-after"]) > 0, late.headers["set-cookie"]]).toEqual([
    429,
    true,
    undefined,
  ]);
});

test("viewers are bounded, and one who hangs up makes room", async () => {
  const dashboard = await start({ maxClients: 1, intervalMs: 250 });
  const { port } = new URL(dashboard.url);
  const first = connect(Number(port), "127.0.0.1");
  first.write(`GET /events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  await once(first, "data");
  expect(dashboard.stats().clients).toBe(1);
  const second = await ask(dashboard, "/events");
  expect([second.status, second.headers["retry-after"]]).toEqual([503, "10"]);
  first.destroy();
  while (dashboard.stats().clients > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  expect((await ask(dashboard, "/events")).status).toBe(200);
});

test("a viewer who doesn't read is cut off, and costs bounded memory until then", async () => {
  let seen = 0;
  // Other labels with each sample: half a megabyte to be told, so that the system's own buffers are soon full.
  const collect = (): MetricSample[] =>
    Array.from({ length: 900 }, () => {
      const labels = { of: `${seen++} ${"x".repeat(250)}` };
      return { type: "gauge", name: "g", help: "", labels, value: 1 };
    });
  const dashboard = await start({ registry: { collect }, intervalMs: 250 });
  const { port } = new URL(dashboard.url);
  const socket = connect(Number(port), "127.0.0.1").pause();
  socket.on("error", () => {});
  socket.write(`GET /events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  while (dashboard.stats().slowClients === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(dashboard.stats().clients).toBe(0);
  socket.destroy();
});

test("a port that is taken is told as such, and closing gives it back, twice as well as once", async () => {
  const first = await start();
  const port = Number(new URL(first.url).port);
  await expect(start({ port })).rejects.toMatchObject({
    code: "VICTOR_DASHBOARD_LISTEN",
    port,
    cause: { code: "EADDRINUSE" },
  });
  await first.close();
  await first.close();
  const second = await start({ port });
  expect(second.url).toBe(first.url);
});

test("keeps no process alive, and tells of itself as a metric source", async () => {
  const room = JSON.stringify(fileURLToPath(new URL("../../../src/dashboard/index.ts", import.meta.url)));
  const metrics = JSON.stringify(fileURLToPath(new URL("../../../src/metrics/index.ts", import.meta.url)));
  const script = `
    const { startDashboard } = await import(${room});
    const { MetricRegistry, prometheusText } = await import(${metrics});
    const registry = new MetricRegistry();
    const dashboard = await startDashboard({ registry, port: 0 });
    registry.register(dashboard);
    await fetch(dashboard.url);
    console.log(prometheusText(registry));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  const [code] = await once(child, "close");
  expect(code).toBe(0);
  expect(text).toMatch(/^victor_dashboard_clients 0$/m);
  expect(text).toMatch(/^victor_dashboard_rows_dropped_total 0$/m);
});
