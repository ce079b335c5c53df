/**
 * A shop on Express: products from SQLite, prices from another service, metrics for Prometheus.
 *
 *     PORT=3000 PRICES_URL=http://localhost:4000 node express-app.mjs
 *
 * Without `PRICES_URL` it starts a service of prices by itself.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import express from "express";
import { applyAllOptimizations } from "victor-optimizations";
import { DatabaseOptimizer } from "victor-optimizations/database";
import { MetricRegistry, metricsHandler } from "victor-optimizations/metrics";
import { NetworkOptimizer } from "victor-optimizations/network";

// What is safe for any program: connections that stay, sized pools, metrics.
const applied = applyAllOptimizations();

const db = new DatabaseOptimizer({ url: process.env.DATABASE_URL ?? "sqlite::memory:" });
await db.executeQuery("CREATE TABLE IF NOT EXISTS products (id INTEGER PRIMARY KEY, title TEXT NOT NULL, stock INTEGER NOT NULL)");
await db.executeBatch(
  "INSERT OR IGNORE INTO products VALUES (?, ?, ?)",
  Array.from({ length: 100 }, (_, i) => [i + 1, `Product ${i + 1}`, 10]),
);

const prices = process.env.PRICES_URL === undefined ? await startPrices() : undefined;
const pricesUrl = process.env.PRICES_URL ?? `http://127.0.0.1:${prices.address().port}`;
const network = new NetworkOptimizer({ baseUrl: pricesUrl, timeoutMs: 2_000 });

const registry = new MetricRegistry();
for (const source of [db, network]) registry.register(source);

const app = express();
app.use(express.json());
app.get("/metrics", metricsHandler(registry));

app.get("/products/:id", async (request, response) => {
  const [{ rows, cached }, price] = await Promise.all([
    db.executeQuery("SELECT id, title, stock FROM products WHERE id = ?", [Number(request.params.id)]),
    network.request("GET", `/prices/${encodeURIComponent(request.params.id)}`),
  ]);
  if (rows.length === 0) return response.status(404).json({ error: "no such product" });
  const { cents } = await price.json();
  response.json({ ...rows[0], cents, cached: { product: cached, price: price.fromCache } });
});

app.put("/products/:id/stock", async (request, response) => {
  // What the cache knows of this product is forgotten when this commits.
  const { rowCount } = await db.executeQuery("UPDATE products SET stock = ? WHERE id = ?", [
    Number(request.body.stock),
    Number(request.params.id),
  ]);
  response.status(rowCount === 0 ? 404 : 204).end();
});

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});

process.once("SIGTERM", async () => {
  server.close();
  server.closeIdleConnections();
  prices?.close();
  await Promise.all([db.close(), network.close()]);
  await applied.close();
  console.log("closed");
});

/** Prices are good for a minute. */
async function startPrices() {
  const server = createServer((request, response) => {
    response.setHeader("cache-control", "max-age=60");
    response.end(JSON.stringify({ cents: 100 * Number(request.url.split("/").pop()) }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}
