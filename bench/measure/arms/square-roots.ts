import type { Arm } from "../../../src/measure/index.ts";

/** An operation that allocates nothing and takes some hundred nanoseconds: what differs between two of it is noise. */
export function setup(): Arm {
  const oneOperation = (): number => {
    let sum = 0;
    for (let i = 0; i < 100; i++) sum += Math.sqrt(i);
    return sum;
  };
  let last = 0;
  return {
    run(count) {
      for (let i = 0; i < count; i++) last = oneOperation();
    },
    answer: () => last,
  };
}
