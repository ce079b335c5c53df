/** Recorded streams of cache requests, read from `../shared/data/traces` beside the project. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { gunzipSync, zstdDecompressSync } from "node:zlib";

/** A stream of requests, in order. */
export interface Trace {
  readonly name: string;
  /** The key of each request; keys are numbered 0, 1, … by their first appearance. */
  readonly requests: Int32Array;
  /** How many different keys there are. */
  readonly keys: number;
  /** The capacities to replay it at, in entries, ascending. */
  readonly capacities: readonly number[];
}

const folder = new URL("../../../../shared/data/traces/", import.meta.url);

const recorded: readonly {
  readonly name: string;
  readonly file: string;
  readonly capacities: readonly number[];
  readonly parse: (path: URL) => number[];
}[] = [
  { name: "gli", file: "lirs_gli.trace.gz", capacities: [250, 500, 750, 1000, 1500, 2000], parse: lirs },
  { name: "loop", file: "lirs_loop.trace.gz", capacities: [256, 400, 512, 640, 768, 1024], parse: lirs },
  {
    name: "multi1",
    file: "lirs_multi1.trace.gz",
    capacities: [500, 900, 1300, 1700, 2100, 2500],
    parse: lirs,
  },
  {
    name: "2_pools",
    file: "lirs_2_pools.trace.gz",
    capacities: [100, 200, 300, 400, 600, 800],
    parse: lirs,
  },
  { name: "cpp", file: "lirs_cpp.trace.gz", capacities: [20, 35, 50, 80, 120, 200], parse: lirs },
  { name: "sprite", file: "lirs_sprite.trace.gz", capacities: [100, 200, 400, 600, 800, 1000], parse: lirs },
  {
    name: "web12",
    file: "cache2k_web12.trace.xz",
    capacities: [100, 300, 800, 1500, 3000, 5000],
    parse: cache2k,
  },
  {
    name: "OLTP",
    file: "arc_OLTP.lis.zst",
    capacities: [250, 500, 1000, 2000, 5000, 10000],
    parse: arc,
  },
];

/** All eight, six capacities each. */
export function readTraces(): Trace[] {
  return recorded.map(({ name, file, capacities, parse }) =>
    traceOf(name, parse(new URL(file, folder)), capacities),
  );
}

/** Numbers the keys of `requests` by their first appearance. */
export function traceOf(name: string, requests: readonly number[], capacities: readonly number[]): Trace {
  const numbers = new Map<number, number>();
  const numbered = Int32Array.from(requests, (key) => {
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  });
  return { name, requests: numbered, keys: numbers.size, capacities };
}

/** One decimal key a line; `*` and empty lines separate. */
function lirs(path: URL): number[] {
  const lines = gunzipSync(readFileSync(path)).toString("latin1").split("\n");
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== "" && line !== "*")
    .map(Number);
}

/** Big-endian 32-bit keys. Node knows no xz, so the machine's own command unpacks it. */
function cache2k(path: URL): number[] {
  const bytes = execFileSync("xz", ["--decompress", "--stdout", path.pathname], { maxBuffer: 1 << 28 });
  return Array.from({ length: bytes.length >> 2 }, (_, i) => bytes.readInt32BE(i * 4));
}

/** `start count ignored request` a line. */
function arc(path: URL): number[] {
  const keys: number[] = [];
  for (const line of zstdDecompressSync(readFileSync(path)).toString("latin1").split("\n")) {
    const [start, count] = line.split(" ").map(Number);
    for (let i = 0; i < (count ?? 0); i++) keys.push(start! + i);
  }
  return keys;
}
