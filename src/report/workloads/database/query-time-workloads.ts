import { peerModule } from "../../peer-module.ts";
import type { Counters, Figure, MissingVariant, RoomContext, Variant, Workload } from "../../workload.ts";
import { armModule } from "./module-url.ts";
import type { ShopWork } from "./shop-arm.ts";
import type { ShopPlace } from "./shop-place.ts";

/** Results that the optimizer's cache may hold in these rows. */
const cacheSize = 10_000;
const zipfExponent = 0.99;

const input = (keys: string): string =>
  "A shop of 50,000 rows: 10,000 users, 10,000 products in 24 categories, their stock in a table of its own, 20,000 " +
  "reviews. 95 % reads: of them 70 % one row by primary key (product, user, stock), 20 % up to 20 rows by an index (a " +
  "product's reviews, a category's cheapest products), 10 % aggregates over about 400 products and joins of them with " +
  "their 800 reviews. 5 % writes through the same connection or optimizer, each an update of one row by primary key: of " +
  `them 60 % users, 36 % stock, 2 % products, 2 % reviews. Read/write mix, number of categories and how seldom the ` +
  `catalogue changes are those of TPC-W's browsing mix. Keys: ${keys}.`;

/** Average query time with skewed keys and with uniform ones: the same statements in the same shares. */
export function queryTimeWorkloads(place: ShopPlace, context: RoomContext): Workload[] {
  const { rounds, warmupRounds } = context.repetitions;
  const perRound = place.engine === "sqlite" ? 2500 : 1000;
  const setupOperations = 8000 * (context.quick ? 1 : 2.5);
  const warmupOperations = setupOperations + perRound * warmupRounds;
  const work = (exponent: number): ShopWork => ({
    operations: warmupOperations + perRound * rounds,
    setupOperations,
    warmupOperations,
    exponent,
    seed: context.seed,
  });
  const common = {
    unit: { operation: "query", item: "query", itemsPerOperation: 1, shown: "time" },
    operationsPerRound: perRound,
  } as const;
  return [
    {
      ...common,
      id: "database.query-time",
      title: "Average query time",
      question: "How long does a query take on average in a read-heavy service whose keys are skewed?",
      input: input(`Zipf with exponent ${zipfExponent}`),
      ...variants(place, work(zipfExponent)),
      reference: { before: "2.5 ms", after: "1.5 ms", improvement: "−40 %" },
      figures: hitRate("database.hit-rate", "Cache hit rate", "with skewed keys", true),
      notes: notes(place, setupOperations),
    },
    {
      ...common,
      id: "database.query-time-uniform",
      title: "Average query time, no skew",
      question: "And when every key is asked for equally often?",
      input: input("uniform"),
      ...variants(place, work(0)),
      figures: hitRate("database.hit-rate-uniform", "Cache hit rate, no skew", "with uniform keys", false),
      notes: [
        "No row is asked for more often than another, so one is seldom asked for again before it is evicted or a " +
          "write makes it void: a cache can help little there. What it gains here comes from the few categories, whose " +
          "aggregates and joins are asked for again and again.",
        ...notes(place, setupOperations),
      ],
    },
  ];
}

function notes(place: ShopPlace, setupOperations: number): string[] {
  const warm = `Before its first round each process runs ${setupOperations.toLocaleString("en-US")} operations of the same kind, to fill the caches of database and optimizer; one that runs for hours finds more in its cache.`;
  const size = `The optimizer's cache holds up to ${cacheSize.toLocaleString("en-US")} results and has no stale reads: a write makes void what it touches.`;
  return place.engine === "sqlite"
    ? [
        size,
        warm,
        "SQLite answers a point read inside the process in a few microseconds, with no server to wait for: the " +
          "optimizer finds out that those are cheaper to run than to cache, and gains where a statement reads many rows.",
      ]
    : [
        size,
        warm,
        'The optimizer runs with coherence: "exclusive", which is right only when no other process writes to the ' +
          'database; with "notify" or "ttl" figures differ, and without a choice nothing is cached.',
      ];
}

function variants(
  place: ShopPlace,
  work: ShopWork,
): { baseline: Variant; peer: Variant | MissingVariant; optimized: Variant } {
  const optimized: Variant = {
    name: "DatabaseOptimizer",
    about: "executeQuery with the cache on",
    module: armModule("shop-optimizer"),
    export: "optimized",
    args: { place, cacheSize, ...work },
  };
  if (place.engine === "sqlite")
    return {
      baseline: {
        name: "node:sqlite",
        about: "prepared statements kept in a Map by their text, called synchronously",
        module: armModule("shop-sqlite"),
        export: "plain",
        args: { place, ...work },
      },
      peer: peer(
        "better-sqlite3",
        "the same code with better-sqlite3",
        "shop-sqlite",
        "betterSqlite",
        place,
        work,
      ),
      optimized,
    };
  return {
    baseline: {
      name: "pg.Pool",
      about: "pool.query with named (prepared) statements",
      module: armModule("shop-postgres"),
      export: "pool",
      args: { place, ...work },
    },
    peer: peer(
      "postgres",
      "postgres.js with prepared statements",
      "shop-postgres",
      "postgresJs",
      place,
      work,
    ),
    optimized,
  };
}

function peer(
  packageName: string,
  about: string,
  module: string,
  exportName: string,
  place: ShopPlace,
  work: ShopWork,
): Variant | MissingVariant {
  const peerUrl = peerModule(packageName);
  if (peerUrl === undefined) return { name: packageName, about, install: packageName };
  const args = { place, peerUrl, ...work };
  return { name: packageName, about, module: armModule(module), export: exportName, args };
}

function hitRate(id: string, title: string, keys: string, referenced: boolean) {
  return ({ reads = 0, hits = 0, lookups = 0 }: Counters): Figure[] => {
    if (lookups === 0) return [];
    const count = (value: number) => Math.round(value).toLocaleString("en-US");
    return [
      {
        id,
        title,
        question: `How many look-ups does the cache answer ${keys}, after the warm-up?`,
        value: hits / lookups,
        kind: "ratio",
        detail:
          `${count(hits)} of ${count(lookups)} look-ups in each process, after the warm-up; the other ` +
          `${count(reads - lookups)} reads had proven cheaper to run than to cache`,
        ...(referenced && { reference: { before: "N/A", after: "52 %", improvement: "new" } }),
      },
    ];
  };
}
