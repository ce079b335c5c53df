import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { Arm } from "../../../../src/measure/index.ts";

interface Args {
  /** Where to write the process's id. */
  readonly pidFile?: string;
}

function noteProcess(args: unknown): void {
  const { pidFile } = (args ?? {}) as Args;
  if (pidFile !== undefined) writeFileSync(pidFile, String(process.pid));
}

const idle: Arm = { run() {} };

export function throwsInSetup(): Arm {
  throw new Error("no database");
}

export function throwsInRun(args: unknown): Arm {
  noteProcess(args);
  return {
    run() {
      throw new TypeError("row 7 is missing");
    },
  };
}

export function rejectsInRun(): Arm {
  // A driver may reject with anything.
  return { run: () => Promise.reject("plain text") };
}

export function throwsLater(): Arm {
  return {
    run: () =>
      new Promise<void>(() => {
        setImmediate(() => {
          throw new Error("from a callback");
        });
      }),
  };
}

export function throwsInAnswer(): Arm {
  return {
    ...idle,
    answer() {
      throw new Error("no answer");
    },
  };
}

export function unsendableAnswer(): Arm {
  return { ...idle, answer: () => () => 1 };
}

export function exits(): Arm {
  return {
    run() {
      console.error("last words");
      process.exit(3);
    },
  };
}

export function dies(): Arm {
  return {
    run: () =>
      new Promise(() => {
        process.kill(process.pid, "SIGKILL");
      }),
  };
}

export function loops(args: unknown): Arm {
  noteProcess(args);
  return {
    run() {
      for (;;);
    },
  };
}

export function hangs(args: unknown): Arm {
  noteProcess(args);
  // An open handle, such as a connection, keeps the process alive.
  setInterval(() => {}, 1000);
  return { run: () => new Promise(() => {}) };
}

/** Leaves a process behind that holds the arm's output open. */
export function leavesProcessBehind(args: unknown): Arm {
  const left = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60_000)"], { stdio: "inherit" });
  const { pidFile } = args as Required<Args>;
  writeFileSync(pidFile, String(left.pid));
  return idle;
}

/** Speaks on the runner's channel. */
const sends = (message: unknown) => (): Arm => ({
  run() {
    process.send?.(message);
  },
});
export const sendsNull = sends(null);
export const sendsText = sends("ready");
export const sendsFalseTimes = sends({ type: "round", wallNs: -5, cpuNs: Number.NaN });
export const sendsOtherReply = sends({ type: "finished", answer: 1, counters: {} });

export function countsWords(): Arm {
  return { ...idle, counters: () => ({ rows: "many" }) as unknown as Record<string, number> };
}

export const notAFunction = 5;

export function withoutRun(): unknown {
  return { close() {} };
}
