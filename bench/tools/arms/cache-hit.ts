import type { Arm } from "../../../src/measure/index.ts";
import { LatencyHistogram } from "../../../src/metrics/index.ts";
import { codingAssistantTools } from "../../../src/tools/example/coding-assistant.ts";
import type { SelectContext } from "../../../src/tools/select-context.ts";
import { ToolSelector } from "../../../src/tools/tool-selector.ts";

/** What the arms are told. */
export interface HitWork {
  /** Messages of 200 characters that come with each query; 0 for the query alone. */
  readonly messages: number;
}

interface Asked {
  readonly query: string;
  readonly context: SelectContext;
}

const queries = 32;
/** Copies of each, so that no text is the very object that the cache holds, as after `JSON.parse` of a request. */
const copies = 4;

/** `ToolSelector`, every selection from the cache. */
export function ours(work: HitWork): Arm {
  const selector = new ToolSelector({ tools: codingAssistantTools });
  return hits(work, ({ query, context }) => selector.select(query, context).tools.length);
}

/** By hand: a Map by the JSON of query and context. */
export function mapByJson(work: HitWork): Arm {
  const selector = new ToolSelector({ tools: codingAssistantTools, caches: false });
  const known = new Map<string, number>();
  return hits(work, ({ query, context }) => {
    const key = JSON.stringify([query, context]);
    const found = known.get(key);
    if (found !== undefined) return found;
    const { length } = selector.select(query, context).tools;
    known.set(key, length);
    return length;
  });
}

/** What it costs to take the time twice, which the other arms' percentiles hold too. */
export function clockAlone(work: HitWork): Arm {
  return hits(work, ({ query }) => query.length);
}

function hits({ messages }: HitWork, select: (asked: Asked) => number): Arm {
  const asked = Array.from({ length: queries * copies }, (_, i) => askedFor(i % queries, messages));
  for (const each of asked) select(each);
  const latencyMs = new LatencyHistogram();
  let next = 0;
  let sum = 0;
  return {
    run(count) {
      for (let i = 0; i < count; i++) {
        const each = asked[next]!;
        const startedMs = performance.now();
        sum += select(each);
        latencyMs.record(performance.now() - startedMs);
        next = (next + 1) % asked.length;
      }
    },
    answer: () => sum > 0,
    counters: () => ({
      p50Us: 1000 * (latencyMs.quantile(0.5) ?? 0),
      p99Us: 1000 * (latencyMs.quantile(0.99) ?? 0),
    }),
  };
}

/** A fresh copy each time. */
function askedFor(number: number, messages: number): Asked {
  const history = Array.from({ length: messages }, (_, i) => ({
    role: i % 2 === 0 ? "user" : "assistant",
    content: `${number} and ${i}: run the tests of the module again. `.repeat(8).slice(0, 200),
  }));
  const query = `run the tests of module ${number} and commit what has changed since yesterday`;
  return JSON.parse(JSON.stringify({ query, context: messages === 0 ? {} : { history } })) as Asked;
}
