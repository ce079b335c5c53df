/**
 * How soon do ten nodes see that something was forgotten? Each has a value in memory; one node forgets its tag (with `cacheable`,
 * which has none, the key), and the others read without pause until they get the new version. Then again, each with the
 * token of who forgot: is the first read stale?
 * Bars: p99 ≤ 20 ms; 0 stale reads with a token.
 */
import { startRedis } from "../../test/services/redis.ts";
import { met, named, print } from "../figures.ts";
import { type ContenderId, contenderIds } from "./arms/contenders.ts";
import { Fleet } from "./arms/fleet.ts";

const names: Record<ContenderId, string> = {
  ours: "TieredCache",
  bentocache: named("bentocache"),
  cacheable: named("cacheable"),
};
const nodes = 10;
const roundsOf: Record<ContenderId, number> = { ours: 25, bentocache: 10, cacheable: 2 };

interface Seen {
  /** Milliseconds after the change was done, for each node and round. */
  readonly seenMs: number[];
  stale: number;
  reads: number;
}

await using redis = await startRedis();
const rows: string[][] = [];
const bars: string[] = [];
for (const id of contenderIds) {
  const { seenMs, stale, reads } = await measured(id);
  const sorted = seenMs.toSorted((left, right) => left - right);
  const at = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
  const text = (ms: number): string => (Number.isFinite(ms) ? `${ms.toFixed(1)} ms` : "not within 2 s");
  const withToken = id === "ours" ? "with a token" : "right after it resolved";
  rows.push([names[id], text(at(0.5)), text(at(0.99)), `${stale} of ${reads} ${withToken}`]);
  if (id !== "ours") continue;
  bars.push(
    met("seen by 10 nodes, p99 ≤ 20 ms", at(0.99) <= 20, text(at(0.99))),
    met("stale reads with a token: 0", stale === 0, `${stale} of ${reads}`),
  );
}
print(
  "Something is forgotten, seen by ten nodes",
  ["cache", "median", "p99", "stale first reads"],
  rows,
  bars,
  [],
);

async function measured(id: ContenderId): Promise<Seen> {
  using fleet = await Fleet.start(id, nodes, { port: redis.port, space: `invalidation-${id}` });
  const seen: Seen = { seenMs: [], stale: 0, reads: 0 };
  for (let version = 1; version <= roundsOf[id] * 2; version++) {
    const key = id === "cacheable" ? `k${version}` : "k";
    await fleet.askAll({ op: "read", key, version: version - 1 });
    // All sources have the new version before anything is forgotten.
    await fleet.askAll({ op: "token", key, version });
    const writer = version % nodes;
    const others = Array.from({ length: nodes }, (_, node) => node).filter((node) => node !== writer);
    if (version % 2 === 0) {
      const watching = others.map((node) => fleet.ask(node, { op: "watch", key }));
      const { atMs: doneMs = 0 } = await fleet.ask(writer, { op: "deleteByTag", key });
      for (const { atMs = 0 } of await Promise.all(watching)) seen.seenMs.push(Math.max(0, atMs - doneMs));
      continue;
    }
    const { token: after } = await fleet.ask(writer, { op: "deleteByTag", key });
    const read = await Promise.all(others.map((node) => fleet.ask(node, { op: "read", key, after })));
    seen.reads += read.length;
    seen.stale += read.filter(({ values }) => values?.[0] !== version).length;
  }
  return seen;
}
