/**
 * What does decoding a response cost, at once or in another thread, beside Node's own? And what do the levels of encoding
 * cost for the bytes that they save?
 */
import { type ArmResult, formatDuration, measureInterleaved, median } from "../../src/measure/index.ts";
import type { ContentCoding } from "../../src/network/compression/content-coding.ts";
import { met, print } from "../figures.ts";

const module = new URL("./arms/compression.ts", import.meta.url);
const repetitions = { processes: 2, rounds: 4, warmupRounds: 1, roundMs: 30 };
const cpuOf = (arm: ArmResult): number => median(arm.cpuNs.flat());
const wallOf = (arm: ArmResult): number => median(arm.wallNs.flat());
const bytesOf = (arm: ArmResult): number => arm.counters.outputBytes ?? Number.NaN;

for (const sizeBytes of [2_000, 30_000, 500_000]) {
  const rows: string[][] = [];
  const bars: string[] = [];
  const warnings: string[] = [];
  for (const coding of ["zstd", "gzip", "br"] as const) {
    const args = { coding, sizeBytes, level: 1 };
    const { arms, warnings: own } = await measureInterleaved({
      arms: [
        { name: "decodeBody", module, export: "decodeOurs", args },
        { name: "zlib, sync", module, export: "decodeSync", args },
        { name: "zlib, async", module, export: "decodeElsewhere", args },
        { name: "zlib, stream", module, export: "decodeStreamed", args },
      ],
      ...repetitions,
    });
    warnings.push(...own);
    const [ours, , async, stream] = arms as [ArmResult, ArmResult, ArmResult, ArmResult];
    for (const arm of arms)
      rows.push([
        coding,
        arm.name,
        String(arm.counters.inputBytes),
        formatDuration(cpuOf(arm)),
        formatDuration(wallOf(arm)),
      ]);
    bars.push(
      met(
        `${coding}: less CPU than zlib's async call and stream`,
        cpuOf(ours) <= Math.min(cpuOf(async), cpuOf(stream)),
        `${formatDuration(cpuOf(ours))} beside ${formatDuration(cpuOf(async))} and ${formatDuration(cpuOf(stream))}`,
      ),
    );
  }
  print(
    `Decoding JSON of ${sizeBytes} bytes`,
    ["coding", "arm", "encoded bytes", "CPU", "wall"],
    rows,
    bars,
    warnings,
  );
}

const levels: readonly [ContentCoding, readonly number[]][] = [
  ["gzip", [1, 4, 6]],
  ["br", [1, 4, 5]],
  ["zstd", [1, 3, 6]],
];
for (const sizeBytes of [8_000, 500_000]) {
  const { arms, warnings } = await measureInterleaved({
    arms: levels.flatMap(([coding, all]) =>
      all.map((level) => ({
        name: `${coding} ${level}`,
        module,
        export: "encode",
        args: { coding, sizeBytes, level },
      })),
    ),
    ...repetitions,
  });
  const input = arms[0]?.counters.inputBytes ?? Number.NaN;
  const plainest = Math.min(...arms.map(cpuOf));
  print(
    `Encoding JSON of ${input} bytes`,
    ["coding and level", "CPU", "× the cheapest", "encoded bytes", "of the input"],
    arms.map((arm) => [
      arm.name,
      formatDuration(cpuOf(arm)),
      (cpuOf(arm) / plainest).toFixed(1),
      String(bytesOf(arm)),
      `${((100 * bytesOf(arm)) / input).toFixed(1)} %`,
    ]),
    [],
    warnings,
  );
}
