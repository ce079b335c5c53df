/**
 * 1,000 requests a second come in, whether or not the last are done; Redis is killed, and comes back. How many requests fail
 * while the source answers, and how long do they take beside the source itself, which takes 5 ms?
 * Bars: 0 failed; p99 ≤ the source's + 5 ms.
 */
import { startRedis } from "../../test/services/redis.ts";
import { met, named, print } from "../figures.ts";
import { type ContenderId, contenderIds } from "./arms/contenders.ts";
import { Fleet } from "./arms/fleet.ts";

const names: Record<ContenderId | "source", string> = {
  source: "just the source",
  ours: "TieredCache",
  bentocache: named("bentocache"),
  cacheable: named("cacheable"),
};

const rows: string[][] = [];
const bars: string[] = [];
let sourceP99 = Number.NaN;
for (const id of ["source", ...contenderIds] as const) {
  await using redis = await startRedis();
  using fleet = await Fleet.start(id === "source" ? "ours" : id, 1, { port: redis.port, space: "killed" });
  const running = fleet.ask(0, { op: id === "source" ? "source" : "openLoop", key: "k", loadMs: 5 });
  // A third of the time with it, a third without, a third with it again.
  const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  await later(2_000);
  await redis.kill("SIGKILL");
  await later(2_000);
  await redis.restart();
  const { latencies = [], failed = 0 } = await running;
  const sorted = latencies.toSorted((left, right) => left - right);
  const at = (q: number): number => sorted[Math.floor(q * (sorted.length - 1))] ?? Number.NaN;
  rows.push([
    names[id],
    `${failed} of ${failed + sorted.length}`,
    `${at(0.5).toFixed(1)} ms`,
    `${at(0.99).toFixed(1)} ms`,
  ]);
  if (id === "source") sourceP99 = at(0.99);
  if (id !== "ours") continue;
  bars.push(
    met("0 failed", failed === 0, `${failed}`),
    met(
      "p99 ≤ the source's + 5 ms",
      at(0.99) <= sourceP99 + 5,
      `${at(0.99).toFixed(1)} ms, ${sourceP99.toFixed(1)} ms`,
    ),
  );
}
print("Redis killed and back, 1,000 requests a second", ["cache", "failed", "median", "p99"], rows, bars, []);
