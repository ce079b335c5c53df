import { describe, it } from "vitest";
import { runTraffic, type Traffic } from "./ring-threads.ts";

/** A thousand million in all in the long form, mostly by the two that are fastest. */
const long = process.env.VICTOR_LONG !== undefined;
const bulk = long ? 400_000_000 : 1_000_000;
const many = long ? 20_000_000 : 200_000;
const some = long ? 10_000_000 : 50_000;

const binary = { payload: "binary", mode: "blocking", batch: 100, sizes: "small" } as const;
const mixed = { payload: "binary", mode: "blocking", batch: 100, sizes: "mixed" } as const;
const spsc = { kind: "spsc", producers: 1, consumers: 1 } as const;

const traffics: readonly Traffic[] = [
  { ...binary, ...spsc, count: bulk },
  { ...binary, kind: "mpmc", producers: 2, consumers: 2, count: bulk },
  { ...mixed, ...spsc, count: many },
  { ...mixed, ...spsc, batch: 1, count: many },
  { ...mixed, ...spsc, mode: "async", count: many },
  { ...mixed, ...spsc, mode: "polling", count: some },
  { ...mixed, ...spsc, mode: "async", batch: 1, count: some },
  { ...mixed, ...spsc, payload: "json", count: some },
  { ...mixed, kind: "mpmc", producers: 1, consumers: 1, batch: 1, count: many },
  { ...mixed, kind: "mpmc", producers: 4, consumers: 1, count: many },
  { ...mixed, kind: "mpmc", producers: 1, consumers: 4, count: many },
  { ...mixed, kind: "mpmc", producers: 2, consumers: 2, batch: 1, count: some },
  { ...mixed, kind: "mpmc", producers: 2, consumers: 2, mode: "async", count: many },
  { ...mixed, kind: "mpmc", producers: 2, consumers: 2, mode: "async", batch: 1, count: some },
  { ...mixed, kind: "mpmc", producers: 2, consumers: 2, mode: "polling", count: some },
  { ...mixed, kind: "mpmc", producers: 2, consumers: 2, payload: "json", count: some },
];

describe("between threads nothing is lost, doubled, damaged or reordered", () => {
  for (const traffic of traffics) {
    const { kind, payload, producers, consumers, mode, batch, sizes, count } = traffic;
    it(
      `${kind}, ${producers} to ${consumers}, ${payload}, ${mode}, by ${batch}, ${sizes} records: ${count}`,
      () => runTraffic(traffic),
      7_200_000,
    );
  }
});
