import { AsyncLocalStorage } from "node:async_hooks";
import type { Arm } from "../../../../src/measure/index.ts";

/** Loaded by the arm's process at its setup, as any arm's own modules are. */
export function setup(): Arm {
  const storage = new AsyncLocalStorage<number>();
  let sum = 0;
  return {
    run(count) {
      for (let i = 0; i < count; i++)
        storage.run(i, () => {
          sum += i;
        });
    },
    answer: () => sum,
  };
}
