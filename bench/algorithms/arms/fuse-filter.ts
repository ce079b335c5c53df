import { BinaryFuseFilter } from "../../../src/algorithms/index.ts";
import type { Arm } from "../../../src/measure/index.ts";
import { type FilterId, openFilter } from "./filters.ts";
import { makeKeys } from "./keys.ts";

export interface FuseWork {
  readonly filter: FilterId;
  readonly items: number;
}

/** One operation: makes the filter, or set, of all items. */
export async function build(args: unknown): Promise<Arm> {
  const { filter: id, items } = args as FuseWork;
  const keys = makeKeys("strings", items) as string[];
  let has = (_key: string): boolean => false;
  const make = async (): Promise<void> => {
    if (id === "fuse8" || id === "fuse16") {
      const filter = BinaryFuseFilter.from(keys, { bits: id === "fuse8" ? 8 : 16 });
      has = (key) => filter.has(key);
    } else {
      const filter = await openFilter(id, items);
      for (const key of keys) filter.add(key);
      has = (key) => filter.has(key);
    }
  };
  return {
    async run(count) {
      for (let i = 0; i < count; i++) await make();
    },
    answer: async () => {
      await make();
      return { has: keys.every((key) => has(key)) };
    },
  };
}

/** One operation: asks for a string; every other one is there. */
export async function has(args: unknown): Promise<Arm> {
  const { filter: id, items } = args as FuseWork;
  const keys = makeKeys("strings", 2 * items);
  const held = keys.slice(0, items);
  const filter = await openFilter(id, items, held);
  if (!id.startsWith("fuse")) for (const key of held) filter.add(key);
  const asked = Array.from({ length: 2 * items }, (_, i) => keys[(i >> 1) + (i & 1) * items]!);
  let at = 0;
  let found = 0;
  return {
    run(count) {
      for (let i = 0; i < count; i++) {
        if (filter.has(asked[at]!)) found++;
        if (++at === asked.length) at = 0;
      }
    },
    answer: () => ({ has: held.every((key) => filter.has(key)) }),
    counters: () => ({ found }),
  };
}
