import type { Arm } from "../../../../src/measure/index.ts";

/** Runs for so many rounds, and never ends the next one. */
export function setup(args: unknown): Arm {
  let left = (args as { readonly after: number }).after;
  return {
    run() {
      if (left-- > 0) return;
      for (;;);
    },
  };
}
