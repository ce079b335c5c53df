import type { Arm } from "../../../measure/arm.ts";
import { seededRandom } from "../../../measure/random.ts";
import { codingAssistantQueries, codingAssistantTools } from "../../../tools/example/coding-assistant.ts";
import { ToolSelector } from "../../../tools/tool-selector.ts";
import { hitCounters, type SelectionWork } from "./selection-arms.ts";

const labelled = codingAssistantQueries.filter(({ tools }) => tools.length > 0);
const taskTypes = ["debugging", "review", "release", "database", "refactoring", "operations"];

/** `ToolSelector` that learns from every outcome, and ranks every time. */
export function uncachedLearning(work: SelectionWork): Arm {
  return learningArm(work, new ToolSelector({ tools: codingAssistantTools, k: work.k, caches: false }));
}

/** `ToolSelector` that learns from every outcome, with its caches. */
export function cachedLearning(work: SelectionWork): Arm {
  return learningArm(work, new ToolSelector({ tools: codingAssistantTools, k: work.k }));
}

/** Each operation is a selection for a task of some kind, and its outcome. */
function learningArm({ selections, seed }: SelectionWork, selector: ToolSelector): Arm {
  const random = seededRandom(seed);
  // The square makes the first queries come more often than the last.
  const asked = Array.from(
    { length: selections },
    () => labelled[Math.floor(random() ** 2 * labelled.length)]!,
  );
  const before = firstRight(selector);
  let next = 0;
  let ms = 0;
  let done = 0;
  return {
    run: (count) => {
      const startedMs = performance.now();
      for (let i = 0; i < count; i++) {
        const { query, tools } = asked[next]!;
        const { id } = selector.select(query, { taskType: taskTypes[next % taskTypes.length]! });
        selector.recordOutcome(id, { used: tools, succeeded: true });
        if (++next === asked.length) next = 0;
      }
      ms += performance.now() - startedMs;
      done += count;
    },
    answer: () => firstRight(selector),
    counters: () => ({
      ...hitCounters(selector),
      learnedHits: selector.getStats().caches.learned.hits,
      learnedLookups: selector.getStats().caches.learned.hits + selector.getStats().caches.learned.misses,
      perSecond: (1000 * done) / ms,
      before,
      after: firstRight(selector),
    }),
  };
}

/** @returns share of the labelled queries for which the first tool is right */
function firstRight(selector: ToolSelector): number {
  const right = labelled.filter(({ query, tools }) => {
    const first = selector.select(query).tools[0];
    return first !== undefined && tools.includes(first.name);
  });
  selector.invalidate();
  return right.length / labelled.length;
}
