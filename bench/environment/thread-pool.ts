/**
 * How many threads should libuv's pool have? By kinds of work, 32 pieces in flight, with all processors, and a mix with one
 * (`taskset`), against Node's own 4. It decides what `victor run` sets.
 */
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import {
  compareArms,
  formatDuration,
  formatRatio,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import { nsOf, print } from "../figures.ts";
import type { Work } from "./arms/thread-pool.ts";

const sizes = [1, 2, 4, 8, 16];
const onOneProcessor = "--on-one-processor";
const isOnOne = process.argv.includes(onOneProcessor);
const works: readonly Work[] = isOnOne ? ["mixed"] : ["crypto", "zlib", "fs", "dns", "mixed"];

const available = availableParallelism();
for (const work of works) {
  const { arms, warnings } = await measureInterleaved({
    arms: sizes.map((threads) => ({
      name: `${threads} threads`,
      module: new URL("./arms/thread-pool.ts", import.meta.url),
      args: { threads, work },
    })),
    processes: 3,
    rounds: 4,
    warmupRounds: 1,
    roundMs: 60,
  });
  const four = arms[sizes.indexOf(4)]!;
  print(
    `${work}, on ${available} processor${available === 1 ? "" : "s"}`,
    ["pool", "a piece", "CPU", "RSS, MiB", "× faster than 4 threads, 95 %", "applied"],
    arms.map((arm) => [
      arm.name,
      formatDuration(nsOf(arm)),
      formatDuration(median(arm.cpuNs.flat())),
      arm.counters.rssMib!.toFixed(0),
      arm === four ? "" : formatRatio(compareArms(four, arm).wall),
      arm.answer === true ? "yes" : "no",
    ]),
    [],
    warnings,
  );
}

if (process.platform === "linux" && available > 1 && !isOnOne)
  spawnSync("taskset", ["-c", "0", process.execPath, fileURLToPath(import.meta.url), onOneProcessor], {
    stdio: "inherit",
  });
