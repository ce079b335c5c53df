import { DatabaseSync } from "node:sqlite";
import { AlgorithmOptimizer } from "../../../src/algorithms/index.ts";
import type { Arm } from "../../../src/measure/index.ts";
import type { Way } from "../../practice.ts";

interface Args {
  readonly way: Way;
}

const optimizer = new AlgorithmOptimizer();

/** Repeats a step that returns a number. */
function repeating(step: (i: number) => number, close?: () => void): Arm {
  let sum = 0;
  return {
    run(count) {
      for (let i = 0; i < count; i++) sum += step(i);
    },
    answer: () => [step(0), step(1), step(10)],
    counters: () => ({ sum }),
    ...(close === undefined ? {} : { close }),
  };
}

const render = (id: number): string =>
  JSON.stringify(Array.from({ length: 20 }, (_, i) => ({ id, line: i, text: `line ${i} of ${id}` })));

export function dear({ way }: Args): Arm {
  const cache = optimizer.createLruCache<number, string>("documents", { maxSize: 1000 });
  const cached = (id: number): string => {
    const known = cache.get(id);
    if (known !== undefined) return known;
    const document = render(id);
    cache.set(id, document);
    return document;
  };
  const document = way === "good" ? cached : render;
  return repeating((i) => document(i % 500).length);
}

export function cheap({ way }: Args): Arm {
  const product = (a: number, b: number): number => a * b;
  const area = way === "good" ? optimizer.memoize(product, { maxSize: 1000 }) : product;
  return repeating((i) => area(i % 20, i % 30));
}

const keys = 20_000;

/** One key in `every` is there. */
function looking(way: Way, every: number): Arm {
  const database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE items (id INTEGER PRIMARY KEY, price INTEGER)");
  const insert = database.prepare("INSERT INTO items VALUES (?, ?)");
  const filter = optimizer.createBloomFilter({ expectedItems: keys, falsePositiveRate: 0.01 });
  for (let id = 0; id < keys; id += every) {
    insert.run(id, id);
    filter.add(id);
  }
  const select = database.prepare("SELECT price FROM items WHERE id = ?");
  const priceOf = (id: number): number => (select.get(id) as { price: number } | undefined)?.price ?? -1;
  const step =
    way === "good"
      ? (i: number) => (filter.has(i % keys) ? priceOf(i % keys) : -1)
      : (i: number) => priceOf(i % keys);
  return repeating(step, () => database.close());
}
export const absent = ({ way }: Args): Arm => looking(way, 10);
export const present = ({ way }: Args): Arm => looking(way, 1);

export function inMap({ way }: Args): Arm {
  const prices = new Map<number, number>();
  const filter = optimizer.createBloomFilter({ expectedItems: keys, falsePositiveRate: 0.01 });
  for (let id = 0; id < keys; id += 10) {
    prices.set(id, id);
    filter.add(id);
  }
  return repeating(
    way === "good"
      ? (i) => (filter.has(i % keys) ? (prices.get(i % keys) ?? -1) : -1)
      : (i) => prices.get(i % keys) ?? -1,
  );
}

export function seldomUsed({ way }: Args): Arm {
  const used = (i: number): boolean => i % 10 === 0;
  return repeating((i) => {
    if (way === "good") {
      const text = optimizer.lazy(() => render(i % 500));
      return used(i) ? text.get().length : 0;
    }
    const text = render(i % 500);
    return used(i) ? text.length : 0;
  });
}

export function alwaysUsed({ way }: Args): Arm {
  return repeating((i) => (way === "good" ? optimizer.lazy(() => i * 2).get() : i * 2));
}
