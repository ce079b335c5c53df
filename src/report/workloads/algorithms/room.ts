import type { Room } from "../../workload.ts";
import { entryMemoryWorkload } from "./entry-memory-workload.ts";
import { filterSizeWorkload } from "./filter-size-workload.ts";
import { lazyWorkload } from "./lazy-workload.ts";
import { lookupWorkloads } from "./lookup-workloads.ts";

/** The algorithms area: look-ups and memory of caches, size of a Bloom filter, computations that laziness saves. */
export const algorithmsRoom: Room = {
  id: "algorithms",
  title: "Algorithm optimization",
  about:
    "Caches in typed arrays, a Bloom filter in place of a set, and values computed only when asked for. " +
    "Every variant does the same work in the memory of its own process.",
  limits: [
    "Look-ups run in a tight loop over data that the processor's caches mostly hold; between other work each costs more, in every variant.",
  ],
  async open(context) {
    return {
      workloads: [
        ...lookupWorkloads(context),
        entryMemoryWorkload(),
        filterSizeWorkload(context),
        lazyWorkload(context),
      ],
      versions: {},
      close: async () => undefined,
    };
  },
};
