import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Arm } from "../../../src/measure/index.ts";

const program = fileURLToPath(new URL("./empty-program.mjs", import.meta.url));

/** Starts Node, with flags, on a program that does nothing, and waits for its end. */
export function setup(args: unknown): Arm {
  const { flags } = args as { readonly flags: readonly string[] };
  return {
    run(count) {
      for (let i = 0; i < count; i++) {
        const { status, stderr } = spawnSync(process.execPath, [...flags, program]);
        if (status !== 0) throw new Error(`ended with ${status}: ${stderr}`);
      }
    },
  };
}
