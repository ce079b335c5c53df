/**
 * How soon do ten nodes see that something was forgotten? Each has a value in memory; one node forgets its tag (with `cacheable`,
 * which has none, the key), and the others read until they get the new version, which one of them has to load: once a
 * millisecond, as a service at work would, and without pause, where nine processes that never rest share the processors with the
 * server, and the scheduler is measured as well. Then again, each with the token of who forgot: is the first read stale?
 * Bars: p99 ≤ 20 ms until the new version is there, read once a millisecond; 0 stale reads with a token.
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
/** Ten nodes that have just started still compile what they do. */
const warmupRounds: Record<ContenderId, number> = { ours: 15, bentocache: 15, cacheable: 0 };
const rounds: Record<ContenderId, number> = { ours: 25, bentocache: 10, cacheable: 2 };
const paces = [
  { pauseMs: 1, pace: "once a millisecond" },
  { pauseMs: 0, pace: "without pause" },
];

interface Seen {
  /** Milliseconds after the change was done, for each node and round: until the old value wasn't served any more. */
  readonly goneMs: number[];
  /** Until the new one was there. */
  readonly newMs: number[];
}

interface Stale {
  stale: number;
  reads: number;
}

await using redis = await startRedis();
const rows: string[][] = [];
const bars: string[] = [];
for (const id of contenderIds) {
  using fleet = await Fleet.start(id, nodes, { port: redis.port, space: `invalidation-${id}` });
  let version = 0;
  for (const { pauseMs, pace } of paces) {
    for (let round = 0; round < warmupRounds[id]; round++) await seen(fleet, id, ++version, pauseMs);
    const all: Seen = { goneMs: [], newMs: [] };
    for (let round = 0; round < rounds[id]; round++) {
      const { goneMs, newMs } = await seen(fleet, id, ++version, pauseMs);
      all.goneMs.push(...goneMs);
      all.newMs.push(...newMs);
    }
    rows.push([names[id], pace, textAt(all.goneMs, 0.5), textAt(all.goneMs, 0.99), textAt(all.newMs, 0.5)]);
    rows.at(-1)!.push(textAt(all.newMs, 0.99), "");
    if (id !== "ours" || pauseMs === 0) continue;
    const p99 = at(all.newMs, 0.99);
    bars.push(met(`seen by ${nodes} nodes that read ${pace}, p99 ≤ 20 ms`, p99 <= 20, text(p99)));
  }
  const first: Stale = { stale: 0, reads: 0 };
  for (let round = 0; round < rounds[id]; round++) {
    const { stale, reads } = await firstReads(fleet, id, ++version);
    first.stale += stale;
    first.reads += reads;
  }
  rows.at(-paces.length)![6] =
    `${first.stale} of ${first.reads} ${id === "ours" ? "with a token" : "right after it resolved"}`;
  if (id === "ours")
    bars.push(met("stale reads with a token: 0", first.stale === 0, `${first.stale} of ${first.reads}`));
}
print(
  "Something is forgotten, seen by ten nodes",
  [
    "cache",
    "they read",
    "old value gone, median",
    "p99",
    "new one there, median",
    "p99",
    "stale first reads",
  ],
  rows,
  bars,
  [],
);

/** Forgets something while all others look for it. */
async function seen(fleet: Fleet, id: ContenderId, version: number, pauseMs: number): Promise<Seen> {
  const { key, writer, others } = await prepared(fleet, id, version);
  const watching = others.map((node) => fleet.ask(node, { op: "watch", key, pauseMs }));
  const { atMs: doneMs = 0 } = await fleet.ask(writer, { op: "deleteByTag", key });
  const answers = await Promise.all(watching);
  return {
    goneMs: answers.map(({ beganMs = 0 }) => Math.max(0, beganMs - doneMs)),
    newMs: answers.map(({ atMs = 0 }) => Math.max(0, atMs - doneMs)),
  };
}

/** Forgets something, and has all others read it once. */
async function firstReads(fleet: Fleet, id: ContenderId, version: number): Promise<Stale> {
  const { key, writer, others } = await prepared(fleet, id, version);
  const { token: after } = await fleet.ask(writer, { op: "deleteByTag", key });
  const read = await Promise.all(others.map((node) => fleet.ask(node, { op: "read", key, after })));
  return { reads: read.length, stale: read.filter(({ values }) => values?.[0] !== version).length };
}

async function prepared(fleet: Fleet, id: ContenderId, version: number) {
  const key = id === "cacheable" ? `k${version}` : "k";
  await fleet.askAll({ op: "read", key, version: version - 1 });
  // All sources have the new version before anything is forgotten.
  await fleet.askAll({ op: "token", key, version });
  const writer = version % nodes;
  return {
    key,
    writer,
    others: Array.from({ length: nodes }, (_, node) => node).filter((it) => it !== writer),
  };
}

function at(values: readonly number[], quantile: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(quantile * sorted.length))]!;
}

function textAt(values: readonly number[], quantile: number): string {
  return text(at(values, quantile));
}

function text(ms: number): string {
  return Number.isFinite(ms) ? `${ms.toFixed(1)} ms` : "not within 2 s";
}
