import { spawnSync } from "node:child_process";
import type { Arm } from "../../../src/measure/index.ts";

/** One operation starts a command and waits for its end. */
export function setup(args: unknown): Arm {
  const { command } = args as { readonly command: readonly string[] };
  let status: number | null = null;
  return {
    run(count) {
      for (let i = 0; i < count; i++)
        ({ status } = spawnSync(process.execPath, command, { stdio: "ignore" }));
    },
    answer: () => status,
  };
}
