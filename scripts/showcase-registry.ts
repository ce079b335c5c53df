import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { AlertMonitor, logSink } from "../src/alerts/index.ts";
import { AlgorithmOptimizer } from "../src/algorithms/index.ts";
import { openTier, TieredCache } from "../src/cache/index.ts";
import { BlockingWatchdog, ConcurrencyOptimizer, WorkerPool } from "../src/concurrency/index.ts";
import { ConnectionPool, DatabaseOptimizer } from "../src/database/index.ts";
import { MemoryOptimizer } from "../src/memory/index.ts";
import { GraphiteSink, MetricRegistry, RuntimeMetrics } from "../src/metrics/index.ts";
import { createBatcher, NetworkOptimizer } from "../src/network/index.ts";
import { PerformanceProfiler } from "../src/profiler/index.ts";
import { Rollout, truthSampler } from "../src/rollout/index.ts";
import { ToolSelector } from "../src/tools/index.ts";

/** A registry with every source that the toolkit has, each used a little, so that all its series are there. */
export interface ShowcaseRegistry extends AsyncDisposable {
  readonly registry: MetricRegistry;
}

/** Builds one, against a server and databases of its own in this process. */
export async function showcaseRegistry(): Promise<ShowcaseRegistry> {
  const stack = new AsyncDisposableStack();
  const registry = new MetricRegistry();

  const database = stack.use(new DatabaseOptimizer({ url: "sqlite::memory:" }));
  await database.executeQuery("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)");
  await database.executeBatch("INSERT INTO users (name) VALUES (?)", [["a"], ["b"]]);
  for (let i = 0; i < 2; i++) await database.executeQuery("SELECT name FROM users WHERE id = ?", [1]);
  await database.executeQuery("SELECT nothing FROM nowhere").catch(() => undefined);
  registry.register(database);

  const nothing = async (): Promise<void> => undefined;
  const target = {
    connect: async () => ({}),
    ping: nothing,
    close: nothing,
    destroy() {},
    usable: () => true,
  };
  const pool = new ConnectionPool("orders", target);
  stack.defer(() => pool.close());
  registry.register(pool);

  const server = createServer((_, response) => void response.end("answer"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stack.defer(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const network = stack.use(new NetworkOptimizer({ baseUrl: `http://127.0.0.1:${port}`, hedge: {} }));
  await (await network.request("GET", "/")).text();
  registry.register(network);
  const batcher = createBatcher<number, number>({ send: async (keys) => [...keys] });
  await batcher.load(1);
  registry.register(batcher);

  const concurrency = stack.use(new ConcurrencyOptimizer());
  await concurrency.executeInParallel([() => 1, () => 2]);
  await concurrency.getSemaphore("api").run(() => Promise.resolve());
  await concurrency.getCircuitBreaker("api").run(() => Promise.resolve());
  registry.register(concurrency);
  registry.register(stack.use(new WorkerPool()));
  registry.register(stack.use(new BlockingWatchdog({ onBlocked: () => undefined })));

  const algorithms = stack.use(new AlgorithmOptimizer());
  algorithms.createLruCache<string, number>("prices", { maxSize: 10 }).set("a", 1);
  algorithms.createBloomFilter("seen", { expectedItems: 10 });
  algorithms.lazy(() => 1);
  registry.register(algorithms);

  // Nothing listens there: a tier has its series all the same.
  for (const url of ["redis://127.0.0.1:9", "memcached://127.0.0.1:9"]) {
    const tier = await openTier({ url });
    const cache = stack.use(new TieredCache({ name: tier.name, tier, ttlMs: 1000 }));
    await cache.getOrLoad("key", () => 1);
    registry.register(cache);
  }
  const rollout = stack.use(new Rollout({ optimizations: { "query-cache": {} } }));
  await rollout.run("query-cache", "user", { on: async () => 1, off: async () => 1 });
  registry.register(rollout);
  registry.register(stack.use(truthSampler({ name: "query-cache", share: 0.1 })));

  const selector = new ToolSelector({ tools: [{ name: "search", description: "Searches." }] });
  selector.select("search");
  registry.register(selector);

  const memory = stack.use(new MemoryOptimizer());
  memory.createPool("vectors", { factory: () => ({}) });
  memory.createBufferPool("bodies");
  memory.trackLifeCycle("Session").born({});
  memory.watchLeaks({ profiling: false });
  registry.register(memory);

  registry.register(stack.use(new RuntimeMetrics({ probesThreadPool: true })));
  const profiler = new PerformanceProfiler({ enabled: true });
  profiler.span("work", { category: "cpu" }, () => undefined);
  registry.register(profiler);
  registry.register(stack.use(new AlertMonitor({ registry, degradation: true, sinks: [logSink()] })));

  registry.register(stack.use(new GraphiteSink({ registry, port: 9, closeTimeoutMs: 0 })));
  return { registry, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
