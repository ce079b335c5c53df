import { appendFileSync } from "node:fs";
import type { Arm } from "../../../../src/measure/index.ts";

interface Args {
  /** Each event of the arm's life is added to this file as a line. */
  readonly log: string;
  readonly name: string;
}

/** Tells what is asked of it, and by which process. */
export function setup(args: unknown): Arm {
  const { log, name } = args as Args;
  const tell = (event: string): void => appendFileSync(log, `${name} ${process.pid} ${event}\n`);
  let operations = 0;
  let rounds = 0;
  tell("setup");
  return {
    run(count) {
      operations += count;
      rounds++;
      tell(`run ${count}`);
    },
    async answer() {
      tell("answer");
      return { name: "same", big: 10n };
    },
    counters: () => ({ operations, rounds }),
    async close() {
      tell("close");
    },
  };
}

/** Calls an operation asynchronously, so that the arm's process is idle while it waits. */
export async function waiting(args: unknown): Promise<Arm> {
  const arm = setup(args);
  return { ...arm, run: (count) => new Promise((resolve) => setTimeout(resolve, count)) };
}
