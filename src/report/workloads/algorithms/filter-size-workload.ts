import { peerModule } from "../../peer-module.ts";
import { amount } from "../../quantity.ts";
import type { Counters, Figure, MissingVariant, RoomContext, Variant, Workload } from "../../workload.ts";
import type { FilterSizeWork } from "./filter-size-arms.ts";
import { armModule } from "./module-url.ts";

const nodeArgs = ["--expose-gc"];
const falsePositiveRate = 0.01;
const strangers = 100_000;

/** Memory that it takes to tell which strings one has seen: all of them in a set, or a filter of one error in a hundred. */
export function filterSizeWorkload({ quick }: RoomContext): Workload {
  const module = armModule("filter-size-arms");
  const args: FilterSizeWork = { keys: quick ? 100_000 : 1_000_000, falsePositiveRate, strangers };
  return {
    id: "algorithms.filter-size",
    title: "Bloom filter size",
    question:
      "How much memory does it take to know which strings have been seen, beyond the strings themselves?",
    input: `${args.keys.toLocaleString("en-US")} distinct strings of 13 characters, which exist before and stay.`,
    unit: { shown: "counter", counter: "bytes", kind: "bytes", what: "memory" },
    operationsPerRound: 1,
    baseline: {
      name: "Set",
      about: "which is never wrong; its strings are not counted here",
      module,
      export: "hashSet",
      args,
      nodeArgs,
    },
    peer: bloomFilterPackage(module, args),
    optimized: {
      name: "createBloomFilter",
      about: "split blocks, falsePositiveRate 0.01",
      module,
      export: "bloomFilter",
      args,
      nodeArgs,
    },
    figures,
    reference: { before: "N/A", after: "10 % of hash set", improvement: "−90 %" },
    notes: [
      "Counted is what V8's heap and its array buffers keep after full collections. A set also keeps its strings, a filter " +
        "doesn't: where nothing else holds them, they count too, as in the line below.",
    ],
  };
}

function figures(filter: Counters, set: Counters): Figure[] {
  const { bytes = 0, codeBytes = 0, taken = 0 } = filter;
  const { bytes: setBytes = 0, stringBytes = 0 } = set;
  const size = (value: number) => amount("bytes", value);
  return [
    {
      id: "algorithms.filter-share",
      title: "Bloom filter, of the set with its strings",
      question: "How large is the filter beside a set that alone holds its strings?",
      value: bytes / (setBytes + stringBytes),
      kind: "ratio",
      detail:
        `${size(bytes)} beside ${size(setBytes)} of the set and ${size(stringBytes)} of its strings; the first filter of a ` +
        `process loads ${size(codeBytes)} of code besides`,
    },
    {
      id: "algorithms.filter-errors",
      title: "Bloom filter, wrong answers",
      question: "How many strings that were not added does it take for members?",
      value: taken / strangers,
      kind: "ratio",
      detail: `${amount("count", taken)} of ${amount("count", strangers)} strings that were not added; all that were are found`,
    },
  ];
}

function bloomFilterPackage(module: string, args: FilterSizeWork): Variant | MissingVariant {
  const name = "bloomfilter";
  const about = "the classic filter with the fewest bits, for the same error";
  const peerUrl = peerModule(name);
  if (peerUrl === undefined) return { name, about, install: name };
  return { name, about, module, export: "bloomFilterPackage", args: { ...args, peerUrl }, nodeArgs };
}
