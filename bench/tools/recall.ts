/**
 * How often is the right tool among the first? MetaTool's kept-aside queries (199 tools, one right one each, and its queries
 * for two), and BFCL's (1,853 functions, many of them near twins of each other, which count as misses). Made-up queries join
 * three of the kept-aside ones each. All rankers get the same texts; the figures are the same on every run and machine.
 * Bars: MetaTool, one tool: recall@1 ≥ 48 %, recall@5 ≥ 70 %.
 */
import { markdownTable, seededRandom } from "../../src/measure/index.ts";
import type { Tool } from "../../src/tools/tool.ts";
import { met, named } from "../figures.ts";
import { type LabelledQuery, readBfcl, readMetaTool } from "./arms/data.ts";
import { type Rank, type RankerId, rankers } from "./arms/rankers.ts";

const names: Record<RankerId, string> = {
  ours: "LexicalRanking",
  miniSearch: named("minisearch"),
  wink: named("wink-bm25-text-search"),
  plain: "just BM25F",
};

interface Figures {
  readonly recall: ReadonlyMap<number, number>;
  readonly complete: number;
  readonly reciprocalRank: number;
}

const metaTool = readMetaTool();
const bfcl = readBfcl();
const [ours] = report("MetaTool, one tool", metaTool.tools, metaTool.test);
const at1 = ours!.recall.get(1)!;
const at5 = ours!.recall.get(5)!;
console.log(`- ${met("recall@1 ≥ 48 %", at1 >= 48, at1.toFixed(1))}`);
console.log(`- ${met("recall@5 ≥ 70 %", at5 >= 70, at5.toFixed(1))}\n`);
report("MetaTool, two tools", metaTool.tools, metaTool.several);
report("MetaTool, three queries in one", metaTool.tools, joined(metaTool.test));
report("BFCL", bfcl.tools, bfcl.test);
report(
  "BFCL, several tools",
  bfcl.tools,
  bfcl.test.filter(({ tools }) => tools.length > 1),
);
report(
  "BFCL, three queries in one",
  bfcl.tools,
  joined(bfcl.test.filter(({ tools, text }) => tools.length === 1 && text.length < 200)),
);

function report(
  title: string,
  tools: readonly Tool[],
  queries: readonly LabelledQuery[],
): readonly Figures[] {
  const figures = Object.values(rankers).map((open) => evaluate(open(tools), queries));
  console.log(`### ${title}: ${queries.length} queries, ${tools.length} tools, %\n`);
  console.log(
    markdownTable(
      ["ranker", "recall@1", "@3", "@5", "@10", "comp@5", "MRR"],
      (Object.keys(rankers) as RankerId[]).map((id, i) => {
        const { recall, complete, reciprocalRank } = figures[i]!;
        return [
          names[id],
          ...[...recall.values(), complete, reciprocalRank].map((value) => value.toFixed(1)),
        ];
      }),
    ),
  );
  console.log();
  return figures;
}

function evaluate(rank: Rank, queries: readonly LabelledQuery[]): Figures {
  const recall = new Map([1, 3, 5, 10].map((k) => [k, 0]));
  const each = 100 / queries.length;
  let complete = 0;
  let reciprocalRank = 0;
  for (const { text, tools } of queries) {
    const found = rank(text, 10);
    for (const [k, sum] of recall)
      recall.set(
        k,
        sum + (each * tools.filter((tool) => found.slice(0, k).includes(tool)).length) / tools.length,
      );
    if (tools.every((tool) => found.slice(0, 5).includes(tool))) complete += each;
    const first = found.findIndex((name) => tools.includes(name));
    if (first >= 0) reciprocalRank += each / (first + 1);
  }
  return { recall, complete, reciprocalRank };
}

/** @returns 500 queries of three wishes each */
function joined(queries: readonly LabelledQuery[]): LabelledQuery[] {
  const random = seededRandom(1);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  return Array.from({ length: 500 }, () => {
    const wishes = [pick(queries), pick(queries), pick(queries)];
    const between = pick([". ", " and then ", ". Also, ", ", and "]);
    return {
      text: wishes.map(({ text }) => text.replace(/[.?!\s]+$/, "")).join(between),
      tools: [...new Set(wishes.flatMap(({ tools }) => tools))],
    };
  });
}
