/** One variant of a workload, alive inside a child process. */
export interface Arm {
  /** Does `count` (≥ 1) operations; the runner times the whole call. */
  run(count: number): void | Promise<void>;
  /** The answer to compare between arms (JSON-able, independent of how many rounds ran), asked after the last round. */
  answer?(): unknown | Promise<unknown>;
  /** Figures of the arm's own (cache hits, connections opened…), asked after the last round; warm-up is included. */
  counters?(): Record<string, number> | Promise<Record<string, number>>;
  /** Called once, after `answer` and `counters`. */
  close?(): void | Promise<void>;
}

/** What an arm's module exports: makes the arm, untimed. `args` is the spec's `args`, copied by structured clone. */
export type ArmSetup = (args: unknown) => Arm | Promise<Arm>;

/** Which module to run as an arm, and how. */
export interface ArmSpec {
  /** Unique within one measurement. */
  readonly name: string;
  /** A file URL, an absolute path, or a path relative to the working directory. */
  readonly module: string | URL;
  /** Name of the exported `ArmSetup`. @default "setup" */
  readonly export?: string;
  /** Handed to `setup`; anything that structured clone takes. */
  readonly args?: unknown;
  /** Flags for the child's Node, such as `--expose-gc`. The parent's own flags are not passed on. @default [] */
  readonly nodeArgs?: readonly string[];
  /** Operations a round, ≥ 1. @default calibrated so that a round takes about `roundMs` */
  readonly count?: number;
}
