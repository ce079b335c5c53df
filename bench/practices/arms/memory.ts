import { setImmediate as nextTurn } from "node:timers/promises";
import { LruCache } from "../../../src/algorithms/index.ts";
import type { Arm } from "../../../src/measure/index.ts";
import { BufferPool } from "../../../src/memory/index.ts";
import { setup as gcArm } from "../../memory/arms/gc-tuning.ts";
import { cycle } from "../../memory/arms/object-pool.ts";
import type { Way } from "../../practice.ts";

interface Args {
  readonly way: Way;
}

export function buffers({ way }: Args): Arm {
  const pool = new BufferPool("practice", { checked: false });
  const take = (): Buffer => (way === "good" ? pool.acquire(4096) : Buffer.alloc(4096));
  const held = Array.from({ length: 8 }, take);
  let place = 0;
  let sum = 0;
  return {
    run(count) {
      for (let i = 0; i < count; i++) {
        if (way === "good") pool.release(held[place]!);
        const buffer = take();
        buffer[0] = i;
        sum += buffer[4095]!;
        held[place] = buffer;
        place = (place + 1) % held.length;
      }
    },
    answer: () => sum,
  };
}

export const maps = ({ way }: Args): Arm =>
  cycle({ shape: "map", source: way === "good" ? "pool" : "fresh", held: 1000 });
export const points = ({ way }: Args): Arm =>
  cycle({ shape: "point", source: way === "good" ? "pool" : "fresh", held: 1000 });

/** Without its figures of memory, which take seconds. */
const collected = (work: "sessions" | "json"): Arm => ({ run: gcArm({ work }).run });
export const sessions = (): Arm => collected("sessions");
export const garbage = (): Arm => collected("json");

export function visitors({ way }: Args): Arm {
  const seen = way === "good" ? new LruCache<number, object>({ maxSize: 10_000 }) : new Map<number, object>();
  const usedBytes = (): number => {
    globalThis.gc!();
    return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  };
  const beforeBytes = usedBytes();
  return {
    async run(count) {
      for (let id = 0; id < count; id++) {
        seen.set(id, { id, since: id, pages: [id] });
        if (id % 10_000 === 0) await nextTurn();
      }
    },
    answer: () => seen.get(299_999),
    counters: () => ({ bytes: usedBytes() - beforeBytes }),
  };
}
