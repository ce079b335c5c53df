import { peerModule, peerVersion } from "../../peer-module.ts";
import type { MissingVariant, Variant, Workload } from "../../workload.ts";
import type { EntryMemoryWork } from "./entry-memory-arms.ts";
import { armModule } from "./module-url.ts";

const work: EntryMemoryWork = { entries: 100_000, keys: 300_000 };
const nodeArgs = ["--expose-gc"];

/** Memory that a cache adds to the keys and values it holds. */
export function entryMemoryWorkload(): Workload {
  const module = armModule("entry-memory-arms");
  const count = (value: number) => value.toLocaleString("en-US");
  return {
    id: "algorithms.entry-memory",
    title: "Memory per entry",
    question: "How much memory does a cache take for each entry, beyond the entry's key and value?",
    input:
      `A cache of ${count(work.entries)} entries, after ${count(work.keys)} distinct keys of 13 characters were set one ` +
      "after the other, so that two of three have been evicted. Keys and values exist before, and stay.",
    unit: { shown: "counter", counter: "bytesPerEntry", kind: "bytes", what: "memory per entry" },
    operationsPerRound: 1,
    baseline: lruCachePackage(module),
    peer: {
      name: "Map",
      about: "told which key to drop, since it keeps no order of use",
      module,
      export: "bareMap",
      args: work,
      nodeArgs,
    },
    optimized: {
      name: "LruCache",
      about: "exact LRU in typed arrays",
      module,
      export: "lruCache",
      args: work,
      nodeArgs,
    },
    reference: { before: "250 bytes", after: "95 bytes", improvement: "−62 %" },
    notes: [
      "Counted is what V8's heap and its array buffers keep after full collections, divided by the entries.",
      "Keys other than strings and integers are found by a Map inside, and take more.",
    ],
  };
}

/** The package's class has its present name and options since version 10. */
function lruCachePackage(module: string): Variant | MissingVariant {
  const name = "lru-cache";
  const peerUrl = peerModule(name);
  const version = peerVersion(name);
  if (peerUrl === undefined || version === undefined || Number.parseInt(version, 10) < 10)
    return { name, about: "the field's usual LRU cache", install: "lru-cache@latest" };
  return {
    name,
    about: `the field's usual LRU cache, ${version}`,
    module,
    export: "lruCachePackage",
    args: { ...work, peerUrl },
    nodeArgs,
  };
}
