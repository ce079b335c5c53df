import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Dashboard, type DashboardOptions, startDashboard } from "../../../src/dashboard/index.ts";
import { MetricRegistry } from "../../../src/metrics/index.ts";
import { startChromium } from "../../services/chromium.ts";

let browser: Browser;
const open: Dashboard[] = [];
/** What the page said or loaded that it must not. */
let complaints: string[] = [];
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser?.close());
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  for (const dashboard of open.splice(0)) await dashboard.close();
  expect(complaints).toEqual([]);
});

/** The machine may be slow, and busy with other tests. */
const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 60_000, interval: 50 });

async function start(options: Partial<DashboardOptions> = {}): Promise<Dashboard> {
  const dashboard = await startDashboard({
    registry: new MetricRegistry(),
    port: 0,
    intervalMs: 250,
    ...options,
  });
  open.push(dashboard);
  return dashboard;
}

async function visit({ url }: Dashboard, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  complaints = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(url)) complaints.push(`outside: ${request.url()}`);
  });
  await page.goto(url);
  return page;
}

/** A registry with a bit of everything. */
function service() {
  const registry = new MetricRegistry();
  const durations = registry.histogram("http.server.request.duration", {
    unit: "s",
    labels: ["route", "error.type"],
  });
  const jobs = registry.counter("jobs", { labels: ["queue"] });
  const pool = { "db.client.connection.pool.name": "main" };
  registry.register({
    name: "parts",
    *collect() {
      const gauge = (name: string, value: number, labels = {}) =>
        ({ type: "gauge", name, help: "", labels: { ...pool, ...labels }, value }) as const;
      yield gauge("db.client.connection.count", 7, { "db.client.connection.state": "used" });
      yield gauge("db.client.connection.max", 10);
      yield gauge("db.client.connection.pending_requests", 3);
      yield { type: "counter", name: "victor.cache.hits", help: "", labels: {}, value: 30 } as const;
      yield { type: "counter", name: "victor.cache.misses", help: "", labels: {}, value: 10 } as const;
    },
  });
  const good = durations.bind({ route: "/ok", "error.type": "" });
  const bad = durations.bind({ route: "/fail", "error.type": "Error" });
  return { registry, good, bad, jobs };
}

/** The exact figure that the table of all metrics shows. */
const exact = (page: Page, name: string, labels: string, column: string) =>
  page
    .locator("#metrics tbody tr", { has: page.getByRole("button", { name, exact: true }) })
    .filter({ hasText: labels })
    .locator(`td[data-label="${column}"]`);

/** What a reader sees: lines out of sight are brought up to date less often. */
async function shown(cell: Locator): Promise<string | null> {
  await cell.scrollIntoViewIfNeeded();
  return cell.textContent();
}

test("the values on the page are the registry's", async () => {
  const { registry, good, bad, jobs } = service();
  const mail = jobs.bind({ queue: "mail" });
  mail.add(41.5);
  for (let i = 1; i <= 100; i++) good.record(i / 1000);
  bad.record(2);
  const dashboard = await start({ registry });
  const page = await visit(dashboard);
  await eventually(() => shown(exact(page, "jobs", "mail", "Value"))).toBe("41.5");
  mail.inc();
  await eventually(() => shown(exact(page, "jobs", "mail", "Value"))).toBe("42.5");
  let compared = 0;
  for (const sample of registry.collect()) {
    if (sample.type !== "histogram") continue;
    const { histogram, labels, name } = sample;
    const figure = (column: string) => exact(page, name, `route=${labels.route}`, column);
    await eventually(() => shown(figure("Value"))).toBe(String(histogram.count));
    for (const [column, q] of [
      ["p50", 0.5],
      ["p95", 0.95],
      ["p99", 0.99],
    ] as const) {
      expect(Number(await figure(column).getAttribute("title"))).toBe(histogram.quantile(q));
      compared++;
    }
  }
  expect(compared).toBe(6);
  const pool = page.locator("#pools article");
  await eventually(() => pool.locator(".figure b").allTextContents()).toEqual(["7 of 10", "3", "–"]);
  expect(await pool.getByRole("meter").getAttribute("aria-valuenow")).toBe("70");
  await eventually(() => page.locator("#latency .figure b").first().textContent()).toBe("0/s");
  expect(await page.locator("#latency h3").textContent()).toBe("http.server.request.duration");
  // Panels without data aren't there.
  expect(await page.locator("#slow, #leaks, #rollouts, #alerts").count()).toBe(0);
});

test("slow queries, leaks, rollouts and alerts are shown, a provider that throws is named, and hostile texts are text", async () => {
  const hostile = '<img src=x onerror="document.title=1"></td><script>document.title=2</script>';
  const registry = new MetricRegistry();
  registry
    .counter("hostile", { labels: ["of"] })
    .bind({ of: hostile })
    .inc();
  const dashboard = await start({
    registry,
    title: hostile,
    slowQueries: () => [
      {
        fingerprint: `SELECT ${hostile}`,
        durationMs: 1_234,
        when: new Date(),
        rows: 3,
        failed: true,
        plan: "SCAN t\nSORT",
      },
    ],
    leakSuspects: () => [
      {
        constructorName: "Session",
        rate: { bytes: 2_048, low: 1_000, high: 3_000 },
        severity: "high",
        site: { functionName: "open", url: "app.js", line: 1, column: 2 },
        nextStep: hostile,
      },
    ],
    rollouts: () => {
      throw new Error(hostile);
    },
    alerts: {
      active: () => [
        {
          rule: hostile,
          severity: "critical",
          state: "firing",
          sinceMs: Date.now() - 60_000,
          value: 0.5,
          reason: "too slow",
          labels: { route: hostile },
        },
      ],
    },
  });
  const page = await visit(dashboard);
  await page.locator("#alerts .alert.critical strong").waitFor();
  expect(await page.locator("#alerts strong").textContent()).toBe(hostile);
  expect(await page.locator("#nav a").first().textContent()).toBe("Alerts (1)");
  expect(await page.locator("#slow td").allTextContents()).toEqual(
    expect.arrayContaining([`SELECT ${hostile} (failed)`, "1.23 s", "3"]),
  );
  expect(await page.locator("#leaks td").allTextContents()).toEqual([
    "Session",
    "2 KiB/s",
    "high",
    "open (app.js:1:2)",
    hostile,
  ]);
  expect(await page.locator("#notes li").textContent()).toBe(`Rollouts: ${hostile}`);
  await exact(page, "hostile", hostile, "Value").waitFor();
  expect(await page.title()).toBe(hostile);
  expect(await page.locator("img[onerror], main script, td script").count()).toBe(0);
});

/**
 * Walks over all samples of a chart, and says what the legend tells of each; in one go, so that the chart doesn't move on under the
 * cursor meanwhile.
 */
const walk = `(() => {
  const chart = document.querySelectorAll("#latency .chart")[1];
  const press = (key) => chart.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const seen = [];
  press("Home");
  for (let i = 0; i < 2000; i++) {
    seen.push(chart.querySelector(".legend b").textContent);
    press("ArrowRight");
  }
  press("Escape");
  return seen;
})()`;

test("comes back by itself after a restart of the server, with what it missed and an honest gap", async () => {
  const { registry, good } = service();
  good.record(0.1);
  const first = await start({ registry });
  const port = Number(new URL(first.url).port);
  const page = await visit(first);
  await page.locator('#status[data-state="live"]').waitFor();
  const rate = page.locator("#latency .chart").nth(1).locator(".legend b").first();
  await eventually(() => rate.textContent()).toBe("0/s");
  await first.close();
  await page.locator('#status[data-state="lost"]').waitFor();
  const second = await start({ registry, port });
  await page.locator('#status[data-state="live"]').waitFor();
  // Samples of both servers, and the gap between them, where no value is told.
  await eventually(async () => {
    const seen = await page.evaluate<string[]>(walk);
    const before = seen.indexOf("0/s");
    const gap = before < 0 ? -1 : seen.indexOf("–", before);
    return gap > 0 && seen.indexOf("0/s", gap) > 0;
  }).toBe(true);
  expect(second.stats().clients).toBe(1);
  // A server that is away is an error of the network, which the browser itself writes to the console.
  complaints = complaints.filter(
    (text) =>
      !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/.test(text),
  );
});

test("a page that comes late has the history from before it came, and one stream alone", async () => {
  const { registry } = service();
  const dashboard = await start({ registry });
  while (dashboard.stats().samples < 12) await new Promise((resolve) => setTimeout(resolve, 50));
  const requests: string[] = [];
  const context = await browser.newContext();
  context.on("request", (request) => requests.push(new URL(request.url()).pathname));
  const page = await context.newPage();
  await page.goto(dashboard.url);
  const chart = page.locator("#pools .chart");
  await chart.locator("canvas").waitFor();
  await eventually(() => requests.includes("/history")).toBe(true);
  await chart.focus();
  await page.keyboard.press("Home");
  await eventually(() => chart.locator(".legend b").first().textContent()).toBe("7");
  const first = await chart.locator(".legend .at").textContent();
  expect(first).toMatch(/^\d\d:\d\d:\d\d$/);
  expect(requests.filter((path) => path === "/events")).toHaveLength(1);
});

test("asks for the token, lets in who has it, and stays open after a restart", async () => {
  const token = "correct horse battery staple";
  const { registry } = service();
  const dashboard = await start({ registry, token });
  const port = Number(new URL(dashboard.url).port);
  const page = await visit(dashboard);
  await page.getByLabel("Token").fill("wrong wrong wrong wrong");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.waitForURL(/login\?wrong/);
  await page.getByLabel("Token").fill(token);
  await page.keyboard.press("Enter");
  await page.locator('#status[data-state="live"]').waitFor();
  expect(await page.evaluate("document.cookie")).toBe("");
  await dashboard.close();
  await page.locator('#status[data-state="lost"]').waitFor();
  await start({ registry, token, port });
  await page.locator('#status[data-state="live"]').waitFor();
  complaints = complaints.filter((text) => !/status of 401|ERR_/.test(text));
});

test("200 series in ten charts are drawn, and one chart with 200 says which it leaves out", async () => {
  const registry = new MetricRegistry();
  for (let family = 0; family < 10; family++) {
    const gauges = registry.gauge(`app.g${family}`, { labels: ["of"] });
    for (let i = 0; i < 20; i++) gauges.bind({ of: `${i}` }).set(i);
  }
  const many = registry.gauge("app.many", { labels: ["of"], maxSeries: 300 });
  for (let i = 0; i < 200; i++) many.bind({ of: `${i}` }).set(i);
  const page = await visit(await start({ registry }), { viewport: { width: 1600, height: 3_000 } });
  await eventually(() => page.locator("#room-application canvas").count()).toBe(11);
  await eventually(() => page.locator("#room-application .entry").count()).toBe(10 * 20 + 24);
  await eventually(() =>
    page.locator("#room-application .card > p").filter({ visible: true }).textContent(),
  ).toMatch(/^24 of 200 series/);
});

test("works with the keyboard alone", async () => {
  const { registry, jobs } = service();
  jobs.bind({ queue: "mail" }).inc();
  const page = await visit(await start({ registry }));
  await page.locator("#metrics tbody tr").first().waitFor();
  const focused = () =>
    page.evaluate<string>(
      "[document.activeElement.tagName, document.activeElement.id || document.activeElement.className].join(' ')",
    );
  await page.keyboard.press("Tab");
  expect(await focused()).toBe("A skip");
  await page.keyboard.press("Enter");
  await eventually(focused).toBe("MAIN main");
  await page.keyboard.press("Shift+Tab");
  await page.locator("#range input").first().focus();
  await page.keyboard.press("ArrowRight");
  expect(await page.locator("#range input:checked").getAttribute("value")).toBe("900000");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  expect(await page.locator("#pause").getAttribute("aria-pressed")).toBe("true");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  expect(await page.locator("html").getAttribute("data-theme")).toBe("light");
  await page.locator("#filter").focus();
  await page.keyboard.type("jobs mail");
  await eventually(() => page.locator("#metrics tbody tr").count()).toBe(1);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.locator("#metrics .opened canvas").waitFor();
  expect(await page.locator("#metrics tbody button").getAttribute("aria-expanded")).toBe("true");
  await page.keyboard.press("Tab");
  expect(await focused()).toMatch(/^FIGURE /);
  await page.keyboard.press("ArrowLeft");
  await eventually(() => page.locator("#metrics .opened .at").textContent()).toMatch(/^\d\d:/);
  await page.keyboard.press("Escape");
  await eventually(() => page.locator("#metrics .opened .at").textContent()).toBe("now");
});

test("fits on a phone, in the dark as well: nothing scrolls sideways", async () => {
  const { registry, good } = service();
  good.record(0.1);
  const long = "x".repeat(150);
  registry
    .gauge("long", { labels: ["of"] })
    .bind({ of: long })
    .set(1);
  const slow = {
    fingerprint: `SELECT ${long}`,
    durationMs: 5,
    when: new Date(),
    rows: 1,
    failed: false,
    plan: long,
  };
  const alert = {
    rule: long,
    severity: "warning",
    state: "firing",
    sinceMs: 0,
    value: undefined,
    reason: long,
    labels: {},
  };
  const dashboard = await start({
    registry,
    title: long,
    slowQueries: () => [slow],
    alerts: { active: () => [alert] },
  });
  const background = async (colorScheme: "light" | "dark") => {
    const page = await visit(dashboard, {
      viewport: { width: 360, height: 740 },
      colorScheme,
      hasTouch: true,
      isMobile: true,
    });
    await page.locator("#latency canvas").first().waitFor();
    await page.locator("#slow td").first().waitFor();
    const widths = await page.evaluate(
      "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
    );
    expect(widths).toEqual([360, 360]);
    return page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
  };
  expect(await background("light")).toBe("rgb(244, 246, 248)");
  expect(await background("dark")).toBe("rgb(16, 19, 22)");
});
