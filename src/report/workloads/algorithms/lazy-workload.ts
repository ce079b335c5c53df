import type { RoomContext, Workload } from "../../workload.ts";
import type { LazyWork } from "./lazy-arms.ts";
import { armModule } from "./module-url.ts";

const requests = 10_000;

/** Computations that a request costs: of all its parts at once, and of each part when it is asked for. */
export function lazyWorkload({ seed }: RoomContext): Workload {
  const module = armModule("lazy-arms");
  const args: LazyWork = { requests, seed };
  return {
    id: "algorithms.lazy",
    title: "Lazy evaluation savings",
    question:
      "How many of its six parts does a request compute, when all are made at once, and when each is made on demand?",
    input:
      `${requests.toLocaleString("en-US")} requests of a web service: 40 % lists, 30 % items, 15 % accounts, 10 % ` +
      "updates, 5 % health checks. The parts are query, cookies, session, locale, device and permissions. A list asks for " +
      "query, locale, device and cookies, an item for query, locale and cookies; both for the session of the 30 % who bring " +
      "one. An account asks for permissions (so session and cookies) and locale, an update for permissions, and for query where it " +
      "may write, a health check for nothing.",
    unit: {
      shown: "counter",
      counter: "computationsPerRequest",
      kind: "count",
      what: "computations per request",
    },
    operationsPerRound: 1,
    baseline: { name: "eager", about: "every part of every request", module, export: "eager", args },
    peer: {
      name: "methods by hand",
      about: "a class with a field and a method for each part",
      module,
      export: "handWritten",
      args,
    },
    optimized: { name: "AlgorithmOptimizer", about: "lazy(fn) for each part", module, export: "lazy", args },
    reference: { before: "N/A", after: "35 % of calls", improvement: "new" },
    notes: [
      "How much is saved is decided by what requests leave unused: here by the sample above.",
      "A lazy value is an object and a function of its own, so it pays where what it puts off costs more than that.",
    ],
  };
}
