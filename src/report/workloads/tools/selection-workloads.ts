import { peerModule, peerVersion } from "../../peer-module.ts";
import { amount } from "../../quantity.ts";
import type {
  CheckResult,
  Counters,
  Figure,
  MissingVariant,
  RoomContext,
  Variant,
  VariantAnswer,
  Workload,
} from "../../workload.ts";
import { armModule } from "./module-url.ts";
import type { Traffic } from "./sample-queries.ts";
import type { SelectionWork } from "./selection-arms.ts";

const k = 5;
const catalogue = "120 tools of a coding assistant with their schemas; five are chosen.";

/** Time of a selection: ranked, from the cache, mixed, with a conversation, and with feedback. */
export function selectionWorkloads(context: RoomContext): Workload[] {
  return [cold(context), warm(context), mixed(context), conversations(context), learned(context)];
}

function cold(context: RoomContext): Workload {
  const module = armModule("selection-arms");
  const args = workOf(context, "fresh");
  return {
    ...sizeOf(context, "fresh"),
    id: "tools.cold",
    title: "Tool selection, cold cache",
    question: "How long does it take to choose tools for a query that was never asked before?",
    input: `${catalogue} Every query is another one. Code is warm before anything is counted.`,
    baseline: {
      name: "BM25, every tool",
      about: "by hand: every query is compared with every tool",
      module,
      export: "bm25Scan",
      args,
    },
    peer: miniSearch(module, args),
    optimized: {
      name: "ToolSelector",
      about: "without caches: stems, typing errors, related words, inverted index",
      module,
      export: "uncachedRight",
      args,
    },
    check: atLeastAsRight,
    figures: throughput("tools.cold", "cold cache"),
    reference: { before: "N/A", after: "0.17 ms", improvement: "the reference's baseline" },
    notes: [
      "Answers are compared by how often all right tools of 211 labelled queries are among the five chosen, which the check prints; " +
        "the optimized variant may not be worse than the baseline.",
    ],
  };
}

function warm(context: RoomContext): Workload {
  return {
    ...cachedRow(context, "popular"),
    id: "tools.warm",
    title: "Tool selection, warm cache",
    question: "And for one that was asked before?",
    input: `${catalogue} 40 queries, at random, asked again and again.`,
    reference: { before: "0.17 ms", after: "0.06 ms", improvement: "−65 %" },
    figures: cacheFigures("tools.warm", "warm cache"),
  };
}

function mixed(context: RoomContext): Workload {
  return {
    ...cachedRow(context, "mixed"),
    id: "tools.mixed",
    title: "Tool selection, mixed cache",
    question: "And where about half of the queries were asked before?",
    input: `${catalogue} Every other query, at random, is one of 40; the others come once.`,
    reference: { before: "0.17 ms", after: "0.11 ms", improvement: "−35 %" },
    figures: cacheFigures("tools.mixed", "mixed cache"),
  };
}

function conversations(context: RoomContext): Workload {
  return {
    ...cachedRow(context, "conversations"),
    id: "tools.context",
    title: "Tool selection, context-aware cache",
    question: "And where the conversation counts too?",
    input:
      `${catalogue} Conversations of ten turns, with messages of 200 characters: 1 to 19 of them come with a query. Every turn ` +
      "is asked for twice, as by an agent that plans and then acts.",
    reference: { before: "0.17 ms", after: "0.09 ms", improvement: "−47 %" },
    figures: cacheFigures("tools.context", "context-aware cache"),
  };
}

function learned(context: RoomContext): Workload {
  const module = armModule("feedback-arms");
  const args = workOf(context, "tasks");
  return {
    ...sizeOf(context, "tasks"),
    unit: { ...unit, operation: "selection with its outcome", item: "selection with its outcome" },
    id: "tools.learned",
    title: "Tool selection, learned ranking",
    question: "And where every selection's outcome is learned from?",
    input:
      `${catalogue} 211 labelled queries, some more often than others, for tasks of six kinds. After each selection its outcome is ` +
      "recorded: which tools were used.",
    baseline: {
      name: "ToolSelector, no caches",
      about: "learns, and ranks every time",
      module,
      export: "uncachedLearning",
      args,
    },
    optimized: {
      name: "ToolSelector",
      about:
        "learns; a cached selection is ranked anew when its own outcome contradicts it, or after 64 others, or an eighth of all",
      module,
      export: "cachedLearning",
      args,
    },
    check: aboutAsRight,
    reference: { before: "0.17 ms", after: "0.07 ms", improvement: "−59 %" },
    figures: (counters, baseline) => [
      ...cacheFigures("tools.learned", "learned ranking")(counters, baseline),
      learnedHitRate(counters),
      {
        id: "tools.learned-right",
        title: "Tool selection, first tool right",
        question: "For which share of the queries is the first tool right, after feedback?",
        value: counters.after ?? 0,
        kind: "ratio",
        detail: `${amount("ratio", counters.before ?? 0)} before; of the same queries, for which feedback was given`,
      },
    ],
  };
}

const unit = { operation: "selection", item: "selection", itemsPerOperation: 1, shown: "time" } as const;

/** Ranking every time, a Map by hand, and the caches: all must choose the same. */
function cachedRow(context: RoomContext, traffic: Traffic) {
  const module = armModule("selection-arms");
  const args = workOf(context, traffic);
  return {
    ...sizeOf(context, traffic),
    baseline: {
      name: "ToolSelector, no caches",
      about: "ranks every time",
      module,
      export: "uncachedSame",
      args,
    },
    peer: {
      name: "Map by JSON",
      about: "by hand: results by the JSON of query and context; no bound, no expiry, nothing invalidated",
      module,
      export: "mapByJson",
      args,
    },
    optimized: {
      name: "ToolSelector",
      about: "with its caches' defaults",
      module,
      export: "cachedSame",
      args,
    },
  } satisfies Partial<Workload>;
}

/** Enough fresh queries for a whole process; others begin again. */
function workOf({ seed, repetitions, quick }: RoomContext, traffic: Traffic): SelectionWork {
  const rounds = repetitions.rounds + repetitions.warmupRounds;
  return { traffic, selections: perRound(quick, traffic) * rounds, k, seed };
}

function sizeOf({ quick }: RoomContext, traffic: Traffic) {
  return { unit, operationsPerRound: perRound(quick, traffic) };
}

/** A conversation's messages take room: fewer are prepared. */
function perRound(quick: boolean, traffic: Traffic): number {
  return traffic === "conversations" ? (quick ? 300 : 600) : quick ? 1_000 : 4_000;
}

const throughput =
  (id: string, title: string) =>
  ({ perSecond = 0 }: Counters, baseline: Counters): Figure[] => [
    {
      id: `${id}-throughput`,
      title: `Tool selection, ${title}, selections a second`,
      question: "How many selections does one thread make in a second?",
      value: perSecond,
      kind: "count",
      detail: `${amount("count", baseline.perSecond ?? 0)} by the baseline; warm-up included`,
    },
  ];

const cacheFigures =
  (id: string, title: string) =>
  (counters: Counters, baseline: Counters): Figure[] => [
    {
      id: `${id}-hits`,
      title: `Tool selection, ${title}, hit rate`,
      question: "Which share of the selections came from the cache?",
      value: (counters.hits ?? 0) / (counters.lookups || 1),
      kind: "ratio",
      detail: `${amount("count", counters.hits ?? 0)} of ${amount("count", counters.lookups ?? 0)} selections`,
    },
    ...throughput(id, title)(counters, baseline),
  ];

function learnedHitRate({ learnedHits = 0, learnedLookups = 0 }: Counters): Figure {
  return {
    id: "tools.learned-task-hits",
    title: "Tool selection, hit rate of what task types taught",
    question: "How often was a task type's learned ranking there, when a selection was ranked?",
    value: learnedHits / (learnedLookups || 1),
    kind: "ratio",
    detail: `${amount("count", learnedHits)} of ${amount("count", learnedLookups)}`,
  };
}

/** The last variant must be right as often as the first, at least. */
function atLeastAsRight(answers: readonly VariantAnswer[]): CheckResult {
  return compareShares(answers, 0, "all right tools among five");
}

/** Cached selections may lag behind the feedback a little. */
function aboutAsRight(answers: readonly VariantAnswer[]): CheckResult {
  return compareShares(answers, 0.02, "first tool right after feedback");
}

function compareShares(answers: readonly VariantAnswer[], allowed: number, what: string): CheckResult {
  const shares = answers.map(({ variant, answer }) => ({ variant, share: Number(answer) }));
  const detail = `${what}: ${shares.map(({ variant, share }) => `${variant} ${amount("ratio", share)}`).join(", ")}`;
  const [baseline, optimized] = [shares[0], shares.at(-1)];
  const ok = baseline !== undefined && optimized !== undefined && optimized.share >= baseline.share - allowed;
  return { ok, detail };
}

function miniSearch(module: string, args: SelectionWork): Variant | MissingVariant {
  const name = "minisearch";
  const about = "an inverted index with its defaults, over the same text";
  const peerUrl = peerModule(name);
  if (peerUrl === undefined) return { name, about, install: name };
  return {
    name: `${name} ${peerVersion(name)}`,
    about,
    module,
    export: "miniSearchPackage",
    args: { ...args, peerUrl },
  };
}
