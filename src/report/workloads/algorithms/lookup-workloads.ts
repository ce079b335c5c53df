import type { RoomContext, Workload } from "../../workload.ts";
import type { LookupWork } from "./lookup-arms.ts";
import { armModule } from "./module-url.ts";

/** Look-ups in a round; of fresh strings, all of a process are made before its first round. */
const perRound = { known: 400_000, fresh: 50_000 };
const entries = 10_000;
const ttlMs = 3_600_000;
const exponent = 0.99;

/** A look-up in a cache whose entries expire: by strings that are looked up again and again, and by fresh ones. */
export function lookupWorkloads(context: RoomContext): Workload[] {
  return [
    {
      ...workload(context, false),
      id: "algorithms.lookup",
      title: "Cache lookup time",
      question: "How long does it take to find an entry that expires, by a string that has been used before?",
      reference: { before: "1.2 µs", after: "0.4 µs", improvement: "−67 %" },
    },
    {
      ...workload(context, true),
      id: "algorithms.lookup-fresh",
      title: "Cache lookup time, fresh strings",
      question: "And by a string just parsed, as a server has it from a request?",
    },
  ];
}

function workload({ seed, repetitions }: RoomContext, fresh: boolean) {
  const module = armModule("lookup-arms");
  const operationsPerRound = fresh ? perRound.fresh : perRound.known;
  const lookups = fresh ? operationsPerRound * (repetitions.rounds + repetitions.warmupRounds) : 2 ** 17;
  const args: LookupWork = { entries, lookups, fresh, exponent, ttlMs, seed };
  return {
    input:
      `${entries.toLocaleString("en-US")} entries with keys such as user:00000042, each good for an hour; keys are asked ` +
      `for by Zipf's law with exponent ${exponent}, and every one is there. ` +
      (fresh
        ? "Each look-up has a string of its own, whose hash nobody has computed yet; making it isn't timed."
        : "Each key is one string throughout, whose hash V8 keeps."),
    unit: { operation: "look-up", item: "look-up", itemsPerOperation: 1, shown: "time" },
    operationsPerRound,
    baseline: {
      name: "Map of { value, expires }",
      about: "written by hand: Date.now() at every get; no bound, so it never has to evict",
      module,
      export: "handWritten",
      args,
    },
    peer: { name: "Map", about: "without expiry or bound", module, export: "bareMap", args },
    optimized: {
      name: "TimedCache",
      about: `with maxSize ${entries} and ttlMs; keeps the order of use`,
      module,
      export: "timedCache",
      args,
    },
  } satisfies Partial<Workload>;
}
