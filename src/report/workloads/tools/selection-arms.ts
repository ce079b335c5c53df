import type { Arm } from "../../../measure/arm.ts";
import { codingAssistantQueries, codingAssistantTools } from "../../../tools/example/coding-assistant.ts";
import { ToolSelector } from "../../../tools/tool-selector.ts";
import { Bm25Scan, searchText } from "./bm25-scan.ts";
import { loadMiniSearch } from "./mini-search-package.ts";
import { type AskedSelection, sampleQueries, type Traffic } from "./sample-queries.ts";

/** What all arms of a row are told. */
export interface SelectionWork {
  readonly traffic: Traffic;
  /** Selections prepared; a process that makes more begins again. */
  readonly selections: number;
  readonly k: number;
  readonly seed: number;
}

/** Names of the tools chosen, best first. */
type Choose = (asked: AskedSelection) => readonly string[];

/** Every query compared with every tool. */
export function bm25Scan(work: SelectionWork): Arm {
  const scan = new Bm25Scan(codingAssistantTools);
  return rightArm(work, ({ query }) => scan.select(query, work.k));
}

/** `minisearch`, with its defaults, over the same text. */
export async function miniSearchPackage(work: SelectionWork & { readonly peerUrl: string }): Promise<Arm> {
  const MiniSearch = await loadMiniSearch(work.peerUrl);
  const index = new MiniSearch({ fields: ["text"] });
  index.addAll(codingAssistantTools.map((tool) => ({ id: tool.name, text: searchText(tool) })));
  return rightArm(work, ({ query }) =>
    index
      .search(query)
      .slice(0, work.k)
      .map(({ id }) => id),
  );
}

/** `ToolSelector` that ranks every time. */
export function uncachedRight(work: SelectionWork): Arm {
  return rightArm(work, chooseWith(uncached(work)));
}

/** The same, to compare the caches with. */
export function uncachedSame(work: SelectionWork): Arm {
  return sameArm(work, chooseWith(uncached(work)), () => ({}));
}

/** By hand: a Map of results by the JSON of query and context, around the same ranking; it has no bound and never expires. */
export function mapByJson(work: SelectionWork): Arm {
  const choose = chooseWith(uncached(work));
  const known = new Map<string, readonly string[]>();
  return sameArm(
    work,
    (asked) => {
      const key = JSON.stringify([asked.query, asked.context]);
      const found = known.get(key);
      if (found !== undefined) return found;
      const names = choose(asked);
      known.set(key, names);
      return names;
    },
    () => ({}),
  );
}

/** `ToolSelector` with its caches. */
export function cachedSame(work: SelectionWork): Arm {
  const selector = new ToolSelector({ tools: codingAssistantTools, k: work.k });
  return sameArm(work, chooseWith(selector), () => hitCounters(selector));
}

function uncached({ k }: SelectionWork): ToolSelector {
  return new ToolSelector({ tools: codingAssistantTools, k, caches: false });
}

function chooseWith(selector: ToolSelector): Choose {
  return ({ query, context }) => selector.select(query, context).tools.map(({ name }) => name);
}

/** Hits among look-ups of selections. */
export function hitCounters(selector: ToolSelector): Record<string, number> {
  const { query, context } = selector.getStats().caches;
  return {
    hits: query.hits + context.hits,
    lookups: query.hits + context.hits + query.misses + context.misses,
  };
}

/** An arm whose answer is how often it is right: rankings differ. */
function rightArm(work: SelectionWork, choose: Choose): Arm {
  return {
    ...timedArm(work, choose, () => ({})),
    answer: () => rightShare(choose),
  };
}

/** An arm whose answer is what it chose for the first selections. */
function sameArm(work: SelectionWork, choose: Choose, counters: () => Record<string, number>): Arm {
  const checked = sampleQueries(work.traffic, checkedSelections, work.seed);
  return {
    ...timedArm(work, choose, counters),
    answer: () => `${checkedSelections} selections: ${checksumOf(checked.map(choose))}`,
  };
}

const checkedSelections = 500;

function timedArm(work: SelectionWork, choose: Choose, counters: () => Record<string, number>): Arm {
  const asked = sampleQueries(work.traffic, work.selections, work.seed);
  let next = 0;
  let chosen = 0;
  let selections = 0;
  let ms = 0;
  return {
    run: (count) => {
      const startedMs = performance.now();
      for (let i = 0; i < count; i++) {
        chosen += choose(asked[next]!).length;
        if (++next === asked.length) next = 0;
      }
      ms += performance.now() - startedMs;
      selections += count;
    },
    counters: () => ({ ...counters(), chosen, perSecond: (1000 * selections) / ms }),
  };
}

/** @returns share of the labelled queries whose right tools are all among those chosen, 0 to 1 */
function rightShare(choose: Choose): number {
  const labelled = codingAssistantQueries.filter(({ tools }) => tools.length > 0);
  const right = labelled.filter(({ query, tools }) => {
    const names = choose({ query, context: {} });
    return tools.every((name) => names.includes(name));
  });
  return right.length / labelled.length;
}

/** FNV-1a of all names. */
function checksumOf(choices: readonly (readonly string[])[]): string {
  let hash = 0x811c9dc5;
  for (const char of JSON.stringify(choices)) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  return (hash >>> 0).toString(16);
}
