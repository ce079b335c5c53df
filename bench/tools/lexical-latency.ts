/**
 * How long does it take to find the best five of 199, 1,000 and 10,000 tools, when nothing is cached? Real queries in turns; all
 * rankers get the same texts of the same fields. Then the first query of a fresh process, and an index of 10,000 tools
 * that is loaded from bytes.
 * Bars: at 199/1,000/10,000 tools p50 ≤ 10/15/50 µs, p99 ≤ 60/100/170 µs, and ≥ 5×/8×/20× as fast as MiniSearch; first call
 * ≤ 170 µs after warming up; loading ≤ 20 ms.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ArmSpec,
  compareArms,
  formatDuration,
  formatRatio,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import { LexicalRanking } from "../../src/tools/ranking/lexical-ranking.ts";
import { met, named, nsOf, print, processes } from "../figures.ts";
import { catalogueOf } from "./arms/data.ts";
import type { FirstCallArgs, QueryArgs } from "./arms/lexical-latency.ts";
import type { RankerId } from "./arms/rankers.ts";

const module = new URL("./arms/lexical-latency.ts", import.meta.url);
const names: Record<RankerId, string> = {
  ours: "LexicalRanking",
  miniSearch: named("minisearch"),
  wink: named("wink-bm25-text-search"),
  plain: "just BM25F",
};
const ids = Object.keys(names) as RankerId[];

for (const [tools, p50Bar, p99Bar, timesBar] of [
  [199, 10, 60, 5],
  [1000, 15, 100, 8],
  [10_000, 50, 170, 20],
] as const)
  await race(tools, p50Bar, p99Bar, timesBar);
await once();

async function race(tools: number, p50Bar: number, p99Bar: number, timesBar: number): Promise<void> {
  const { arms, warnings } = await measureInterleaved({
    arms: ids.map((id) => ({
      name: names[id],
      module,
      export: "query",
      args: { id, tools } satisfies QueryArgs,
    })),
    processes,
    rounds: 6,
    warmupRounds: 1,
    roundMs: 60,
  });
  const [ours] = arms;
  const figure = (arm: (typeof arms)[number], name: string): number =>
    median(arm.countersByProcess.map((counters) => counters[name]!));
  const micros = (value: number): string => formatDuration(value * 1000);
  const rows = arms.map((arm) => [
    arm.name,
    micros(figure(arm, "p50")),
    micros(figure(arm, "p99")),
    formatDuration(nsOf(arm)),
    formatDuration(median(arm.cpuNs.flat())),
    arm === ours ? "" : formatRatio(compareArms(arm, ours!)),
  ]);
  const p50 = figure(ours!, "p50");
  const p99 = figure(ours!, "p99");
  const times = compareArms(arms[ids.indexOf("miniSearch")]!, ours!).wall.ratio;
  print(
    `The best five of ${tools} tools`,
    ["ranker", "p50", "p99", "median round", "CPU", "takes × ours, 95 %"],
    rows,
    [
      met(`p50 ≤ ${p50Bar} µs`, p50 <= p50Bar, micros(p50)),
      met(`p99 ≤ ${p99Bar} µs`, p99 <= p99Bar, micros(p99)),
      met(`≥ ${timesBar}× ${names.miniSearch}`, times >= timesBar, `${times.toFixed(1)}×`),
    ],
    warnings,
  );
}

/** What happens once in a process, in as many processes. */
async function once(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "victor-tools-"));
  const path = join(folder, "index");
  writeFileSync(path, new LexicalRanking(catalogueOf(10_000)).save());
  const first = (name: string, id: RankerId, isWarmedUp: boolean): ArmSpec => ({
    name: `first query, ${name}`,
    module,
    export: "firstCall",
    args: { id, tools: 1000, isWarmedUp } satisfies FirstCallArgs,
    count: 1,
  });
  try {
    const { arms } = await measureInterleaved({
      arms: [
        first("LexicalRanking, warmed up", "ours", true),
        first("LexicalRanking", "ours", false),
        first(names.miniSearch, "miniSearch", false),
        first(names.plain, "plain", false),
        { name: "loading 10,000 tools", module, export: "load", args: { path }, count: 1 },
      ],
      processes,
      rounds: 1,
      warmupRounds: 0,
    });
    const [warm] = arms;
    const load = arms.at(-1)!;
    print(
      "Once in a process; queries at 1,000 tools",
      ["what", "median", "CPU"],
      arms.map((arm) => [arm.name, formatDuration(nsOf(arm)), formatDuration(median(arm.cpuNs.flat()))]),
      [
        met("first query after warming up ≤ 170 µs", nsOf(warm!) <= 170_000, formatDuration(nsOf(warm!))),
        met("loading ≤ 20 ms", nsOf(load) <= 20e6, formatDuration(nsOf(load))),
      ],
      [],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
