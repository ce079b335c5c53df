/**
 * For how long do a million entries hold the event loop when they expire, and is their memory gone then? They are stored with
 * ends spread over one second, and with one end for all; nothing is read. The loop turns as often as it can, and a pause is
 * the longest time between two turns. On a busy machine it holds the wait for a processor as well: the first row shows how
 * much that is. Each figure is the median of five processes.
 * The trivial rival looks at every entry twice a second.
 * Bar: `TimedCache` ≤ 2 ms.
 */
import { formatDuration, markdownTable, measureInterleaved, median } from "../../src/measure/index.ts";
import { met, named, processes } from "../figures.ts";
import type { Expiring } from "./arms/expiry-pause.ts";

const entries = 1_000_000;
const mostMs = 2;
const rivals: readonly { readonly cache: Expiring["cache"]; readonly name: string }[] = [
  { cache: undefined, name: "nothing" },
  { cache: "timedCache", name: "TimedCache" },
  { cache: "ttlCache", name: named("@isaacs/ttlcache") },
  { cache: "sweptDatesInMap", name: "just a Map of { value, expires }, swept" },
];

await compare("spread over a second", 1000);
await compare("all at once", 0);

async function compare(title: string, spreadMs: number): Promise<void> {
  const runs: Record<string, number>[][] = [];
  for (let i = 0; i < processes; i++) {
    // One process at a time, since counters come as means, and a mean of the longest pauses tells of the machine.
    const { arms } = await measureInterleaved({
      arms: rivals.map(({ cache, name }) => ({
        name,
        module: new URL("./arms/expiry-pause.ts", import.meta.url),
        args: { cache, entries, spreadMs } satisfies Expiring,
        nodeArgs: ["--expose-gc"],
        count: 1,
      })),
      processes: 1,
      rounds: 1,
      warmupRounds: 0,
    });
    runs.push(arms.map(({ counters }) => counters));
  }
  const figure = (arm: number, counter: string): number => median(runs.map((run) => run[arm]![counter]!));
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
  console.log(`### A million entries expire, ${title}\n`);
  console.log(
    markdownTable(
      ["cache", "longest pause", "shortest … longest of the five", "MB full", "MB after", "entries left"],
      rivals.map(({ name }, arm) => {
        const pauses = runs.map((run) => run[arm]!.longestMs! * 1e6);
        return [
          name,
          formatDuration(median(pauses)),
          `${formatDuration(Math.min(...pauses))} … ${formatDuration(Math.max(...pauses))}`,
          megabytes(figure(arm, "fullBytes")),
          megabytes(figure(arm, "leftBytes")),
          String(figure(arm, "leftEntries")),
        ];
      }),
    ),
  );
  const ours = figure(1, "longestMs");
  console.log(`\n- ${met(`TimedCache ≤ ${mostMs} ms`, ours <= mostMs, formatDuration(ours * 1e6))}\n`);
}
