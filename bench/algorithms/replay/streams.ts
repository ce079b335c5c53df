/** Made-up streams, one kind of behaviour each; the same seed gives the same stream. */
import { seededRandom } from "../../../src/measure/index.ts";
import { type Trace, traceOf } from "./traces.ts";

type Generate = (random: () => number) => number[];

const streams: readonly {
  readonly name: string;
  readonly capacities: readonly number[];
  readonly generate: Generate;
}[] = [
  // Written, read twice soon after, never again, as a ledger's transactions are.
  {
    name: "used soon, then never",
    capacities: [40, 150, 500, 1500],
    generate: (random) => soonThenNever(random, 100_000, 100),
  },
  {
    name: "used late, then never",
    capacities: [500, 1000, 2000],
    generate: (random) => soonThenNever(random, 150_000, 800),
  },
  {
    name: "recency alone",
    capacities: [30, 100, 500, 2000],
    generate: (random) => stackDistances(random, 150_000),
  },
  {
    name: "drifting popularity",
    capacities: [50, 200, 1000, 4000],
    generate: (random) => drifting(random, 200_000, 20_000, 50),
  },
  {
    name: "steady popularity",
    capacities: [50, 200, 1000, 4000],
    generate: (random) => drifting(random, 200_000, 20_000, Infinity),
  },
  {
    name: "scans over a hot set",
    capacities: [50, 300, 1000],
    generate: (random) => scans(random, 150_000, 500),
  },
  { name: "small loop", capacities: [30, 45], generate: () => loop(0, 50, 20_000) },
  { name: "loop", capacities: [600, 900, 990], generate: () => loop(0, 1000, 100_000) },
  {
    name: "groups of rows",
    capacities: [50, 200, 1000, 4000],
    generate: (random) => groups(random, 200_000),
  },
  { name: "phases", capacities: [100, 400, 1000], generate: phases },
];

export function generateStreams(seed: number): Trace[] {
  return streams.map(({ name, capacities, generate }, i) =>
    traceOf(name, generate(seededRandom(seed * 1000 + i)), capacities),
  );
}

/** Each key is asked for three times, about `distance` other keys apart. */
function soonThenNever(random: () => number, count: number, distance: number, first = 0): number[] {
  const due: number[][] = [];
  const keys: number[] = [];
  for (let now = 0, key = first; keys.length < count; now++) {
    keys.push(key);
    for (let again = 0, at = now; again < 2; again++) {
      at += 1 + Math.floor(random() * distance);
      const then = due[at] ?? [];
      then.push(key);
      due[at] = then;
    }
    key++;
    for (const old of due[now] ?? []) keys.push(old);
    delete due[now];
  }
  return keys;
}

/** How far back in the order of use the next key stands is heavy-tailed, and nothing else counts: LRU is the best there is. */
function stackDistances(random: () => number, count: number, first = 0): number[] {
  const order: number[] = [];
  return Array.from({ length: count }, () => {
    const depth = Math.floor(5 * ((1 - random()) ** -1.2 - 1));
    const key = depth < order.length ? order.splice(order.length - 1 - depth, 1)[0]! : first++;
    order.push(key);
    if (order.length > 10_000) order.shift();
    return key;
  });
}

/** Zipf 0.9 over `size` keys; after every `steady` requests one rank gets another key. */
function drifting(random: () => number, count: number, size: number, steady: number, first = 0): number[] {
  const rank = zipf(random, size, 0.9);
  const keyOf = Array.from({ length: size }, () => first++);
  return Array.from({ length: count }, (_, i) => {
    if (i % steady === steady - 1) keyOf[rank()] = first++;
    return keyOf[rank()]!;
  });
}

/** Half the requests go to a hot set by Zipf, half are runs of keys that never come again. */
function scans(random: () => number, count: number, size: number, first = 0): number[] {
  const rank = zipf(random, size, 0.7);
  const keys: number[] = [];
  let fresh = first + size;
  while (keys.length < count) {
    const length = 1 + Math.floor(random() * 2 * size);
    for (let i = 0; i < length; i++) keys.push(first + rank());
    for (let i = 0; i < length; i++) keys.push(fresh++);
  }
  return keys;
}

function loop(first: number, size: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + (i % size));
}

/** An object and its rows, as a mapper reads them: the group by Zipf, two to five times in a short while, amid others. */
function groups(random: () => number, count: number, first = 0): number[] {
  const rank = zipf(random, 3000, 0.8);
  const open: { group: number; left: number }[] = [];
  const keys: number[] = [];
  while (keys.length < count) {
    if (open.length < 8) open.push({ group: rank(), left: 2 + Math.floor(random() * 4) });
    const at = Math.floor(random() * open.length);
    const { group } = open[at]!;
    const rows = 3 + ((group * 7) % 20);
    for (let row = 0; row < rows; row++) keys.push(first + group * 32 + row);
    if (--open[at]!.left === 0) open.splice(at, 1);
  }
  return keys;
}

function phases(random: () => number): number[] {
  const apart = 10_000_000;
  return [0, 1].flatMap((round) => [
    ...soonThenNever(random, 30_000, 100, round * apart),
    ...loop(2 * apart, 700, 30_000),
    ...stackDistances(random, 30_000, (3 + round) * apart),
    ...scans(random, 30_000, 500, (5 + round) * apart),
    ...drifting(random, 30_000, 5000, 500, 7 * apart),
    ...groups(random, 30_000, 8 * apart),
  ]);
}

/** @returns draws of ranks below `size`, of weight 1 / (rank + 1) ** exponent */
function zipf(random: () => number, size: number, exponent: number): () => number {
  let total = 0;
  const upTo = Float64Array.from({ length: size }, (_, rank) => {
    total += (rank + 1) ** -exponent;
    return total;
  });
  return () => {
    const target = random() * total;
    let low = 0;
    let high = size - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (upTo[middle]! < target) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
