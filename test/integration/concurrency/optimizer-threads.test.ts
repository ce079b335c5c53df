import { expect, test } from "vitest";
import { closeDefaultWorkerPool } from "../../../src/concurrency/default-thread-pools.ts";
import { ConcurrencyOptimizer } from "../../../src/concurrency/optimizer.ts";
import { runInWorker } from "../../../src/concurrency/run-in-worker.ts";
import { MetricRegistry } from "../../../src/metrics/index.ts";
import { prometheusText } from "../../../src/metrics/prometheus-text.ts";

test("an optimizer shows the process's pool of threads, which outlives it", async () => {
  const optimizer = new ConcurrencyOptimizer();
  const registry = new MetricRegistry();
  registry.register(optimizer);
  expect(optimizer.getStats().workers).toBeUndefined();
  expect(prometheusText(registry)).not.toContain("victor_worker_pool");

  const sum = runInWorker((a: number, b: number) => a + b, [1, 2]);
  expect(optimizer.getStats()).toMatchObject({ activeTasks: 0, queueDepth: 1, workers: { queued: 1 } });
  expect(await sum).toBe(3);
  expect(optimizer.getStats()).toMatchObject({ activeTasks: 0, queueDepth: 0, workers: { completed: 1 } });
  expect(prometheusText(registry).split("\n")).toContain(
    'victor_worker_pool_tasks_total{victor_worker_pool_name="default",victor_worker_pool_outcome="completed"} 1',
  );

  await optimizer.close();
  expect(await runInWorker(() => 4, [])).toBe(4);
  await closeDefaultWorkerPool();
  expect(optimizer.getStats().workers).toBeUndefined();
});
