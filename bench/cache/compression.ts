/**
 * What does compression save of what services cache, and what does it cost? Each value is packed once and read three times;
 * CPU time counts the threads of libuv's as well. Beside it what the event loop does itself: up to 16 KiB it compresses, up
 * to 64 KiB it decompresses.
 * Bar: what is the default (zstd, level 1) takes less CPU than gzip and brotli for each size of JSON, and half the bytes at most.
 */
import { type ArmResult, formatDuration, measureInterleaved, median } from "../../src/measure/index.ts";
import { met, nsOf, print } from "../figures.ts";
import type { Content } from "./arms/compression.ts";

const codings = [
  ["none", 1],
  ["zstd", 1],
  ["zstd", 3],
  ["brotli", 1],
  ["brotli", 4],
  ["gzip", 1],
  ["gzip", 6],
] as const;
const contents: readonly (readonly [Content, number])[] = [
  ["JSON", 1_000],
  ["JSON", 10_000],
  ["JSON", 200_000],
  ["rows", 10_000],
  ["HTML", 50_000],
];
const cpuOf = (arm: ArmResult): number => median(arm.cpuNs.flat());
const shareOf = ({ counters }: ArmResult): number => counters.packedBytes! / counters.plainBytes!;

for (const [content, sizeBytes] of contents) {
  const { arms, warnings } = await measureInterleaved({
    arms: codings.map(([coding, level]) => ({
      name: coding === "none" ? "none" : `${coding} ${level}`,
      module: new URL("./arms/compression.ts", import.meta.url),
      args: { coding, level, content, sizeBytes, reads: 3 },
    })),
    processes: 1,
    rounds: 3,
    warmupRounds: 1,
    roundMs: 20,
  });
  const [, ours, , brotli, , gzip] = arms as [
    ArmResult,
    ArmResult,
    ArmResult,
    ArmResult,
    ArmResult,
    ArmResult,
  ];
  const isCheaper = cpuOf(ours) <= Math.min(cpuOf(brotli), cpuOf(gzip));
  const times = [ours, brotli, gzip].map((arm) => formatDuration(cpuOf(arm))).join(", ");
  print(
    `${content} of ${sizeBytes} bytes`,
    ["coding, level", "size", "CPU", "wall"],
    arms.map((arm) => [
      arm.name,
      `${(100 * shareOf(arm)).toFixed(0)} %`,
      formatDuration(cpuOf(arm)),
      formatDuration(nsOf(arm)),
    ]),
    [
      met("zstd 1 takes the least CPU", isCheaper, `${times} for zstd, brotli, gzip`),
      met("and leaves half at most", shareOf(ours) <= 0.5, `${(100 * shareOf(ours)).toFixed(0)} %`),
    ],
    warnings,
  );
}
