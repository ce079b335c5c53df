/**
 * Run with `--expose-gc`: prints, as JSON, what V8 keeps for one value of each shape, and what `estimateBytes` says.
 */
import { estimateBytes } from "../../src/memory/estimate-bytes.ts";
import { retainedBytes } from "../../src/report/workloads/retained-bytes.ts";

class Point {
  readonly x: number;
  readonly y: number;
  constructor(i: number) {
    this.x = i;
    this.y = i + 0.5;
  }
}

const json = (i: number) =>
  JSON.stringify({
    id: i,
    name: `user number ${i}`,
    tags: ["a", "bcd", `a long tag, number ${i}`],
    address: { street: `Some street ${i}`, zip: String(10_000 + i) },
    active: true,
    score: i / 7,
  });
/** Text in one piece: joined strings are trees until somebody looks at them. */
const flat = (text: string) => text.split("").join("");
const range = (length: number) => Array.from({ length }, (_, k) => k);

const shapes: Readonly<Record<string, (i: number) => unknown>> = {
  "object from JSON": (i) => JSON.parse(json(i)),
  "instance of a class": (i) => new Point(i),
  string: (i) => flat(`a string of some length, number ${i}`),
  "string of two bytes a unit": (i) => flat(`ещё один, номер ${i}`),
  "Map of 3 objects": (i) => new Map(range(3).map((k) => [k, { i }])),
  "Map of 50 numbers": () => new Map(range(50).map((k) => [k, k])),
  "Set of 50 numbers": () => new Set(range(50)),
  "array of fractions": (i) => range(20).map((k) => k + i / 3),
  "array of integers": (i) => range(20).map((k) => k + i),
  Float64Array: () => new Float64Array(100),
  ArrayBuffer: () => new ArrayBuffer(1000),
  Buffer: () => Buffer.alloc(1000),
  "Buffer in a slab": (i) => Buffer.from(`hello, world ${i}`),
  Date: (i) => new Date(i),
  BigInt: (i) => 2n ** 100n + BigInt(i),
  "object of 1,000 keys": () => JSON.parse(`{${range(1000).map((k) => `"key${k}":${k}`)}}`),
  "object with indices": () => Object.fromEntries(range(20).map((k) => [k, k])),
  Error: (i) => new Error(`number ${i}`),
};

/** So many that what a process does beside doesn't show. */
const bytesInAll = 4_000_000;
const figures: Record<string, { readonly kept: number; readonly estimated: number }> = {};
for (const [name, shape] of Object.entries(shapes)) {
  const items = Math.ceil(bytesInAll / estimateBytes(shape(0)));
  const held: unknown[] = new Array(items).fill(0);
  const empty = estimateBytes(held);
  // Once for nothing, for what is made once alone: hidden classes, compiled code.
  for (let i = 0; i < items; i++) held[i] = shape(i);
  held.fill(0);
  const { bytes } = await retainedBytes(() => {
    for (let i = 0; i < items; i++) held[i] = shape(i);
  });
  figures[name] = { kept: bytes / items, estimated: (estimateBytes(held) - empty) / items };
}
process.stdout.write(JSON.stringify(figures));
