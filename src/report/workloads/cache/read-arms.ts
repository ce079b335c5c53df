import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Arm } from "../../../measure/arm.ts";
import {
  bareClient,
  bentoCache,
  type CachePlace,
  type NodeCache,
  noCache,
  type OpenNode,
  tieredCache,
} from "./node-caches.ts";

/** Of reads that don't count, milliseconds. */
const warmupMs = 200;

/** What the arms of a row of reads are told. */
export interface ReadWork {
  readonly place: CachePlace;
  /** Where values are: in this process, on the server alone, or nowhere but at the source. */
  readonly found: "memory" | "server" | "source";
  readonly keys: number;
  /** Milliseconds that the source takes. */
  readonly loadMs: number;
}

export const none = (work: ReadWork): Promise<Arm> => readArm(work, noCache);
export const bare = (work: ReadWork): Promise<Arm> => readArm(work, bareClient);
export const bento = (work: ReadWork): Promise<Arm> => readArm(work, bentoCache);
export const tiered = (work: ReadWork): Promise<Arm> => readArm(work, tieredCache);

/** One operation is one read, one after the other, of all keys in turn; where nothing is to be found, of new ones. */
async function readArm({ place, found, keys, loadMs }: ReadWork, open: OpenNode): Promise<Arm> {
  const space = `${place.space}-${randomUUID()}`;
  const cache: NodeCache = await open({ ...place, space }, found !== "server");
  const names = Array.from({ length: keys }, (_, i) => `user:${i}`);
  let reads = 0;
  const read = async (name: string): Promise<unknown> =>
    cache.read(name, async () => {
      if (loadMs > 0) await sleep(loadMs);
      return rowOf(name);
    });
  if (found !== "source") for (const name of names) await read(name);
  // A hit in memory takes so little that its rounds are over before its code is compiled.
  if (found === "memory")
    for (const endMs = performance.now() + warmupMs; performance.now() < endMs; )
      for (const name of names) await read(name);
  return {
    async run(count) {
      if (found === "source") for (let i = 0; i < count; i++) await read(`new:${reads++}`);
      else for (let i = 0; i < count; i++) await read(names[reads++ % keys] as string);
    },
    answer: () => read("user:7"),
    close: async () => {
      await cache.close();
    },
  };
}

/** A row, as from a database. */
function rowOf(key: string) {
  return { id: key, name: "Ada", mail: "ada@example.org", roles: ["admin", "author"], age: 36 };
}
