import { amount } from "../../quantity.ts";
import type { Workload } from "../../workload.ts";
import type { FirstCallWork } from "./first-call-arms.ts";
import { armModule } from "./module-url.ts";

/** The very first selection of a process, with code that was never run. */
export function firstCallWorkload(): Workload {
  const module = armModule("first-call-arms");
  const args: FirstCallWork = { query: 63 };
  return {
    id: "tools.first-call",
    title: "Tool selection, first call of a process",
    question: "How long does the first selection of a fresh process take?",
    input:
      "120 tools of a coding assistant; the index is made, and nothing was asked yet. Loading the modules and making the index " +
      "isn't timed.",
    unit: { shown: "counter", counter: "firstNs", kind: "duration", what: "time of the first selection" },
    operationsPerRound: 1,
    baseline: {
      name: "BM25, every tool",
      about: "by hand: the query is compared with every tool",
      module,
      export: "firstScan",
      args,
    },
    peer: {
      name: "ToolSelector, not warmed",
      about: "code that was never run",
      module,
      export: "firstSelect",
      args,
    },
    optimized: {
      name: "ToolSelector",
      about: "after warm(), which asks for the tools by their own names",
      module,
      export: "firstSelectWarm",
      args,
    },
    figures: ({ warmNs = 0 }) => [
      {
        id: "tools.warm-up",
        title: "Tool selection, time of warm()",
        question: "How long does it take to warm the code up?",
        value: warmNs,
        kind: "duration",
        detail: `${amount("duration", warmNs)}, once for a process`,
      },
    ],
  };
}
