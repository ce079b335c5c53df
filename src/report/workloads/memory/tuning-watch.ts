/** A child process: says by message what the tuner advises for a piece of work. */
import { type TuningArgs, watched } from "./tuning-arms.ts";

export interface WatchTask {
  readonly args: TuningArgs;
  readonly memoryLimitBytes: number;
  readonly mostMs: number;
}

process.on("message", async ({ args, memoryLimitBytes, mostMs }: WatchTask) => {
  process.send?.(await watched(args, memoryLimitBytes, mostMs));
  process.disconnect();
});
// A parent that died leaves nothing behind.
process.on("disconnect", () => process.exit());
