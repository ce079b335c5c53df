/** One node of a fleet: does with its cache what it is told by messages. Its argument says which cache, and where. */
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { type ContenderId, type ContenderPlace, openContender, tag } from "./contenders.ts";

export type NodeOp = "read" | "reads" | "watch" | "deleteByTag" | "delete" | "token" | "source" | "openLoop";

export interface NodeOrder {
  readonly id: number;
  readonly op: NodeOp;
  readonly key: string;
  /** What its source says from now on. */
  readonly version?: number;
  readonly loadMs?: number;
  readonly callers?: number;
  readonly after?: string | undefined;
  /** Between two reads, milliseconds; 0 for a turn of the event loop, without which nothing would be heard. */
  readonly pauseMs?: number;
}

export interface NodeAnswer {
  readonly id: number;
  readonly values?: readonly unknown[];
  readonly token?: string | undefined;
  /** By the clock of the machine, which all nodes share; milliseconds. */
  readonly atMs?: number;
  /** When the read began that was the first to give the new version, by the same clock. */
  readonly beganMs?: number;
  readonly loads: number;
  /** Of what an open loop had answered, milliseconds from when it was due. */
  readonly latencies?: readonly number[];
  readonly failed?: number;
  readonly error?: string;
}

const { id, ...place } = JSON.parse(process.argv[2] as string) as ContenderPlace & {
  readonly id: ContenderId;
};
const cache = await openContender(id, place);
let loads = 0;
let version = 0;

const now = (): number => performance.timeOrigin + performance.now();

async function run({
  op,
  key,
  loadMs = 0,
  callers = 1,
  pauseMs = 1,
  after,
}: NodeOrder): Promise<Partial<NodeAnswer>> {
  const loader = async (): Promise<unknown> => {
    loads++;
    const read = version;
    if (loadMs > 0) await sleep(loadMs);
    return read;
  };
  switch (op) {
    case "read":
    case "reads":
      return {
        values: await Promise.all(Array.from({ length: callers }, () => cache.getOrLoad(key, loader, after))),
      };
    case "watch": {
      // Until it gives the new version, or would for too long not.
      const wanted = version;
      const pause = () => (pauseMs === 0 ? turn() : sleep(pauseMs));
      for (const untilMs = now() + 2_000; now() < untilMs; await pause()) {
        const beganMs = now();
        if ((await cache.getOrLoad(key, loader)) === wanted) return { atMs: now(), beganMs };
      }
      return { atMs: Number.POSITIVE_INFINITY, beganMs: Number.POSITIVE_INFINITY };
    }
    case "delete":
      await cache.delete(key);
      return { atMs: now(), token: cache.token() };
    case "deleteByTag":
      await (cache.deleteByTag === undefined ? cache.delete(key) : cache.deleteByTag(tag));
      return { atMs: now(), token: cache.token() };
    case "source":
      return openLoop(loader);
    case "openLoop":
      return openLoop((i) => cache.getOrLoad(`${key}${Math.floor(i / 2)}`, loader));
    case "token":
      return { token: cache.token() };
  }
}

/** 1,000 requests a second for six seconds, each counted from when it was due; every second one is for a new key. */
async function openLoop(request: (i: number) => Promise<unknown>): Promise<Partial<NodeAnswer>> {
  const latencies: number[] = [];
  const running: Promise<void>[] = [];
  const startMs = now();
  for (let i = 0; i < 6_000; await sleep(1))
    for (; i < Math.min(6_000, now() - startMs); i++) {
      const dueMs = startMs + i;
      running.push(
        request(i).then(
          () => void latencies.push(now() - dueMs),
          () => undefined,
        ),
      );
    }
  await Promise.race([Promise.all(running), sleep(10_000)]);
  return { latencies, failed: 6_000 - latencies.length };
}

process.on("message", (order: NodeOrder) => {
  version = order.version ?? version;
  run(order).then(
    (answer) => process.send?.({ id: order.id, loads, ...answer }),
    (error) => process.send?.({ id: order.id, loads, error: String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
process.send?.({ id: 0, loads });
