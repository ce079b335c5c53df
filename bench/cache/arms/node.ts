/** One node of a fleet: does with its cache what it is told by messages. Its argument says which cache, and where. */
import { setTimeout as sleep } from "node:timers/promises";
import { type ContenderId, type ContenderPlace, openContender, tag } from "./contenders.ts";

export type NodeOp = "read" | "reads" | "watch" | "deleteByTag" | "delete" | "token";

export interface NodeOrder {
  readonly id: number;
  readonly op: NodeOp;
  readonly key: string;
  /** What its source says from now on. */
  readonly version?: number;
  readonly loadMs?: number;
  readonly callers?: number;
  readonly after?: string | undefined;
}

export interface NodeAnswer {
  readonly id: number;
  readonly values?: readonly unknown[];
  readonly token?: string | undefined;
  /** By the clock of the machine, which all nodes share; milliseconds. */
  readonly atMs?: number;
  readonly loads: number;
  readonly error?: string;
}

const { id, ...place } = JSON.parse(process.argv[2] as string) as ContenderPlace & {
  readonly id: ContenderId;
};
const cache = await openContender(id, place);
let loads = 0;
let version = 0;

const now = (): number => performance.timeOrigin + performance.now();

async function run({ op, key, loadMs = 0, callers = 1, after }: NodeOrder): Promise<Partial<NodeAnswer>> {
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
      for (const untilMs = now() + 2_000; now() < untilMs; await sleep(0.5))
        if ((await cache.getOrLoad(key, loader)) === wanted) return { atMs: now() };
      return { atMs: Number.POSITIVE_INFINITY };
    }
    case "delete":
      await cache.delete(key);
      return { atMs: now(), token: cache.token() };
    case "deleteByTag":
      await (cache.deleteByTag === undefined ? cache.delete(key) : cache.deleteByTag(tag));
      return { atMs: now(), token: cache.token() };
    case "token":
      return { token: cache.token() };
  }
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
