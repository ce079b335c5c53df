import type { Arm } from "../../../measure/arm.ts";
import { codingAssistantQueries, codingAssistantTools } from "../../../tools/example/coding-assistant.ts";
import { ToolSelector } from "../../../tools/tool-selector.ts";
import { Bm25Scan } from "./bm25-scan.ts";

/** Which of the queries is asked first. */
export interface FirstCallWork {
  readonly query: number;
}

/** The first query of a process, compared with every tool. */
export function firstScan(work: FirstCallWork): Arm {
  const scan = new Bm25Scan(codingAssistantTools);
  return firstCall(work, (query) => scan.select(query, 5));
}

/** The first query of a process to `ToolSelector`. */
export function firstSelect(work: FirstCallWork): Arm {
  const selector = new ToolSelector({ tools: codingAssistantTools });
  return firstCall(work, (query) => selector.select(query).tools.map(({ name }) => name));
}

/** The same after `warm()`, whose time is counted apart. */
export async function firstSelectWarm(work: FirstCallWork): Promise<Arm> {
  const selector = new ToolSelector({ tools: codingAssistantTools });
  const startedMs = performance.now();
  await selector.warm();
  const warmNs = 1e6 * (performance.now() - startedMs);
  const arm = firstCall(work, (query) => selector.select(query).tools.map(({ name }) => name));
  return { ...arm, counters: () => ({ ...(arm.counters?.() as Record<string, number>), warmNs }) };
}

function firstCall({ query: number }: FirstCallWork, choose: (query: string) => readonly string[]): Arm {
  const { query, tools } = codingAssistantQueries[number]!;
  let firstNs = 0;
  let found = false;
  return {
    run: () => {
      const startedMs = performance.now();
      const names = choose(query);
      firstNs = 1e6 * (performance.now() - startedMs);
      found = tools.every((name) => names.includes(name));
    },
    answer: () => `the right tool was ${found ? "" : "not "}among the five chosen`,
    counters: () => ({ firstNs }),
  };
}
