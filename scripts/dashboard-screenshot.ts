/**
 * Runs a small service for a while, with the dashboard on, and takes the README's picture of it:
 * `npm run --silent build && node scripts/dashboard-screenshot.ts [seconds] [file] [light | dark]`.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { AlgorithmOptimizer } from "../src/algorithms/index.ts";
import { ConcurrencyOptimizer } from "../src/concurrency/index.ts";
import { startDashboard } from "../src/dashboard/index.ts";
import { DatabaseOptimizer } from "../src/database/index.ts";
import { seededRandom } from "../src/measure/random.ts";
import { MetricRegistry } from "../src/metrics/index.ts";
import { startChromium } from "../test/services/chromium.ts";

const [seconds = "150", file = "docs/images/dashboard.png", colors = "light"] = process.argv.slice(2);
const random = seededRandom(7);
const registry = new MetricRegistry();
await using db = new DatabaseOptimizer({ url: "sqlite::memory:", slowThresholdMs: 20 });
await using work = new ConcurrencyOptimizer();
using caches = new AlgorithmOptimizer();
for (const source of [db, work, caches]) registry.register(source);
const durations = registry.histogram("http.server.request.duration", {
  help: "Time from a request to the end of its response.",
  unit: "s",
  labels: ["http.route", "error.type"],
});
const heap = registry.gauge("process.memory.usage", { help: "Resident memory.", unit: "By" }).bind({});
const orders = registry.counter("shop.orders", {
  help: "Orders placed.",
  unit: "{order}",
  labels: ["country"],
});

await db.executeQuery("CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, price INTEGER)");
await db.executeBatch(
  "INSERT INTO products VALUES (?, ?, ?)",
  Array.from({ length: 20_000 }, (_, id) => [id, `product ${id}`, Math.floor(random() * 10_000)]),
);
const byName = "SELECT id, price FROM products WHERE name = ?";
const report = "SELECT count(*) AS pairs FROM products a JOIN products b ON a.price = b.price + ?";
const sessions = caches.createAdaptiveCache<number, string>("sessions", { maxSize: 400 });
const prices = caches.createAdaptiveCache<number, number>("prices", { maxSize: 5_000, ttlMs: 20_000 });
const payments = work.getSemaphore("payments", { limit: 8 });
const mail = work.getSemaphore("mail", { limit: 3 });

/** A wave of 40 s, 0 to 1: traffic is never even. */
const wave = (): number => (1 + Math.sin((performance.now() / 40_000) * 2 * Math.PI)) / 2;
/** Log-normal around `ms`. */
const pause = (ms: number): Promise<void> =>
  sleep(ms * Math.exp(0.5 * Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random())));

async function timed(route: string, handle: () => Promise<void>): Promise<void> {
  const begin = performance.now();
  let error = "";
  try {
    await handle();
  } catch (thrown) {
    error = (thrown as Error).name;
  }
  durations.bind({ "http.route": route, "error.type": error }).record((performance.now() - begin) / 1000);
}

const routes: Readonly<Record<string, () => Promise<void>>> = {
  "/products": async () => {
    const id = Math.floor(random() ** 3 * 20_000);
    await sessions.getOrLoad(Math.floor(random() * 600), async (user) => `user ${user}`);
    await prices.getOrLoad(id, async () => {
      const { rows } = await db.executeQuery(byName, [`product ${id}`]);
      return Number(rows[0]?.price ?? 0);
    });
    await pause(3);
  },
  "/checkout": async () => {
    await payments.run(() => pause(45));
    if (random() < 0.02) throw new RangeError("card refused");
    orders.bind({ country: ["de", "fr", "it"][Math.floor(random() * 3)]! }).inc();
    void mail.run(() => pause(60));
  },
};

const end = Date.now() + Number(seconds) * 1000;
let isTaken = false;
async function traffic(): Promise<void> {
  while (!isTaken) {
    heap.set(process.memoryUsage.rss());
    const burst = 1 + Math.floor(wave() * 6 * random());
    for (let i = 0; i < burst; i++) {
      const route = random() < 0.75 ? "/products" : "/checkout";
      void timed(route, routes[route]!);
    }
    if (random() < 0.002) void db.executeQuery(report, [Math.floor(random() * 9)]);
    await sleep(10 + random() * 20);
  }
}
void traffic();

await using dashboard = await startDashboard({
  registry,
  title: "shop",
  port: 0,
  slowQueries: () => db.getSlowQueries(),
  alerts: {
    active: () =>
      payments.queued < 4
        ? []
        : [
            {
              rule: "payments are queueing",
              severity: "warning",
              state: "firing",
              sinceMs: Date.now() - 18_000,
              value: payments.queued,
              reason: `${payments.queued} callers wait for one of ${payments.limit} permits`,
              labels: { semaphore: "payments" },
            },
          ],
  },
});
console.log(`${dashboard.url} until ${new Date(end).toLocaleTimeString()}`);
await sleep(Math.max(0, end - Date.now()));

const browser = await startChromium();
const page = await browser.newPage({
  viewport: { width: 1280, height: 1000 },
  colorScheme: colors === "dark" ? "dark" : "light",
});
page.on("console", (message) => console.log("console:", message.text()));
page.on("pageerror", (error) => console.log("page error:", error));
await page.goto(dashboard.url);
await page.locator(".card").first().waitFor();
await sleep(4_000);
await page.screenshot({ path: file, fullPage: process.env.FULL === "1" });
isTaken = true;
await browser.close();
console.log(dashboard.stats());
process.exit(0);
