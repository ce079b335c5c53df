/**
 * What does it cost to be answered by a memoized function? With one argument of 10 or 1,000 values, with two of 1,000
 * pairs, and with strings that were just made of bytes (their making included), which is how they come from a network.
 * All results are there before; each figure includes the loop around it and the reading of the arguments.
 * `memoize` looks at the first argument only unless it is told to make a key, which its README does by `JSON.stringify`.
 * Bars: ≥ 2.2 × `memoize`, and ≥ 100 × `moize` where it holds 1,000 results. Then a table of what each gets right.
 */
import {
  type ArmResult,
  compareArms,
  formatDuration,
  formatRatio,
  markdownTable,
  measureInterleaved,
} from "../../src/measure/index.ts";
import { met, named, nsOf, print, processes } from "../figures.ts";
import type { MemoizeHits } from "./arms/memoize.ts";
import { type MemoizerId, openMemoizer } from "./arms/memoizers.ts";

interface Rival {
  readonly id: MemoizerId;
  readonly name: string;
  /** How many times as long it must take, at least. */
  readonly bar?: number;
}

const ours: readonly Rival[] = [
  { id: "ours", name: "memoize(fn)" },
  { id: "oursWithTtl", name: "memoize(fn, { ttlMs })" },
  { id: "oursAsMethod", name: "@memoize()" },
];
const byKey: Rival = { id: "oursByKey", name: "memoize(fn, { key })" };
const memoize: Rival = { id: "memoize", name: named("memoize"), bar: 2.2 };
const memoizeByJson: Rival = { id: "memoizeByJson", name: `${named("memoize")}, JSON keys`, bar: 2.2 };
const moize: Rival = { id: "moize", name: named("moize"), bar: 100 };
const map: Rival = { id: "firstArgument", name: "just a Map" };
const trie: Rival = { id: "trie", name: "just Maps of Maps" };

const moizeOfTen: Rival = { id: "moize", name: named("moize") };

await race("One argument, 10 values", { values: 10, arguments: "one" }, [
  ...ours,
  byKey,
  memoize,
  moizeOfTen,
  map,
]);
await race("One argument, 1,000 values", { values: 1000, arguments: "one" }, [
  ...ours,
  byKey,
  memoize,
  moize,
  map,
]);
await race("Two arguments, 1,000 pairs", { values: 1000, arguments: "two" }, [
  ...ours,
  memoizeByJson,
  moize,
  trie,
]);
await race("One string just made, 1,000 values", { values: 1000, arguments: "fresh" }, [
  ours[0]!,
  { id: "memoize", name: named("memoize") },
  { id: "moize", name: named("moize") },
  map,
]);
await printCorrectness();

async function race(
  title: string,
  args: Omit<MemoizeHits, "memoizer">,
  rivals: readonly Rival[],
): Promise<void> {
  const { arms, warnings } = await measureInterleaved({
    arms: rivals.map(({ id, name }) => ({
      name,
      module: new URL("./arms/memoize.ts", import.meta.url),
      args: { ...args, memoizer: id } satisfies MemoizeHits,
    })),
    processes,
    rounds: 8,
    roundMs: 15,
    warmupRounds: 6,
  });
  for (const arm of arms) mustHit(arm, args.values);
  const [first] = arms;
  const rows = arms.map((arm) => [
    arm.name,
    formatDuration(nsOf(arm)),
    arm === first ? "" : formatRatio(compareArms(arm, first!)),
  ]);
  const bars = rivals.flatMap(({ name, bar }, i) => {
    if (bar === undefined) return [];
    const { ratio } = compareArms(arms[i]!, first!).wall;
    return [met(`≥ ${bar}× ${name}`, ratio >= bar, `${ratio.toFixed(2)}×`)];
  });
  print(title, ["arm", "median", "takes × ours, 95 %"], rows, bars, warnings);
}

/** @throws {Error} unless each result was computed just once */
function mustHit({ name, answer }: ArmResult, values: number): void {
  const { misses, sum } = answer as { readonly misses: number; readonly sum: number };
  if (misses !== values || sum !== 0)
    throw new Error(
      `${name}: expected ${values} computed results, got ${misses}, and ${sum} answers undefined`,
    );
}

/** Each says whether a memoizer got it right. */
async function printCorrectness(): Promise<void> {
  const columns: readonly Rival[] = [
    ours[0]!,
    memoize,
    memoizeByJson,
    { ...moize, id: "moizeAsItComes" },
    { ...map, name: "a Map by the first argument" },
  ];
  type Wrap = Awaited<ReturnType<typeof openMemoizer>>;
  const callsOf = (wrap: Wrap, lists: readonly (readonly unknown[])[], result: unknown = 1): number => {
    let calls = 0;
    const memoized = wrap(() => {
      calls++;
      return result;
    });
    for (const list of lists) memoized(...list);
    return calls;
  };
  const [one, other] = [{ id: 1 }, { id: 1 }];
  const checks: readonly (readonly [string, (wrap: Wrap) => boolean | Promise<boolean>])[] = [
    ["keeps a result `undefined`", (wrap) => callsOf(wrap, [[1], [1]], undefined) === 1],
    [
      "keeps a result `null`, 0, false",
      (wrap) => [null, 0, false].every((result) => callsOf(wrap, [[1], [1]], result) === 1),
    ],
    ['tells f(1) from f("1")', (wrap) => callsOf(wrap, [[1], ["1"]]) === 2],
    [
      "tells f(1, 2) from f(1, 3)",
      (wrap) =>
        callsOf(wrap, [
          [1, 2],
          [1, 3],
        ]) === 2,
    ],
    ["tells f(1) from f(1, undefined)", (wrap) => callsOf(wrap, [[1], [1, undefined]]) === 2],
    ["tells f(undefined) from f(null)", (wrap) => callsOf(wrap, [[undefined], [null]]) === 2],
    ["knows NaN again, apart from null", (wrap) => callsOf(wrap, [[Number.NaN], [Number.NaN], [null]]) === 2],
    ["tells objects apart by identity", (wrap) => callsOf(wrap, [[one], [one], [other]]) === 2],
    ["tells functions apart", (wrap) => callsOf(wrap, [[Math.sin], [Math.sin], [Math.cos]]) === 2],
    ["takes a bigint", (wrap) => callsOf(wrap, [[1n], [1n], [1]]) === 2],
    ["remembers two results unless told otherwise", (wrap) => callsOf(wrap, [[1], [2], [1], [2]]) === 2],
    [
      "hands `this` on",
      (wrap) => {
        const memoized = wrap(function (this: unknown) {
          return this;
        } as () => unknown);
        return memoized.call(one) === one;
      },
    ],
    [
      "doesn't keep what was thrown",
      (wrap) => {
        let calls = 0;
        const memoized = wrap(() => {
          if (++calls === 1) throw new Error("first");
          return calls;
        });
        try {
          memoized(1);
        } catch {}
        return memoized(1) === 2;
      },
    ],
    ["makes one call of two that overlap", (wrap) => callsOf(wrap, [[1], [1]], Promise.resolve(1)) === 1],
    [
      "doesn't keep a rejection",
      async (wrap) => {
        let calls = 0;
        const memoized = wrap(async () => {
          if (++calls === 1) throw new Error("first");
          return calls;
        });
        await (memoized(1) as Promise<unknown>).catch(() => undefined);
        return (await (memoized(1) as Promise<unknown>).catch(() => undefined)) === 2;
      },
    ],
    ["holds 1,000 results at most, unless told otherwise", (wrap) => callsOf(wrap, sweep(2)) > 2000],
  ];
  const rows = [];
  for (const [name, check] of checks) {
    const cells = [];
    for (const { id } of columns) {
      const wrap = await openMemoizer(id);
      try {
        cells.push((await check(wrap)) ? "yes" : "**no**");
      } catch (error) {
        cells.push(`**${(error as Error).name}**`);
      }
    }
    rows.push([name, ...cells]);
  }
  console.log("### What each gets right, as it comes\n");
  console.log(markdownTable(["", ...columns.map(({ name }) => name)], rows));
}

/** All of 2,000 arguments, again and again. */
function sweep(times: number): readonly (readonly unknown[])[] {
  return Array.from({ length: times * 2000 }, (_, i) => [i % 2000]);
}
