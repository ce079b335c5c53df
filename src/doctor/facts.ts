/** Something that was read, or why it couldn't be. */
export type Reading<T> = { readonly value: T } | { readonly unknown: string };

/** One copy of a package below the project. */
export interface PackageCopy {
  readonly version: string;
  /** Relative to the project. */
  readonly path: string;
}

/** What the project's folder says. */
export interface ProjectFacts {
  /** `dependencies` and `optionalDependencies`, by name. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** Versions that are installed, of those and of our optional peers. */
  readonly installed: Readonly<Record<string, string>>;
  /** Ranges of our optional peers, by name. */
  readonly peers: Readonly<Record<string, string>>;
  /** Flags of Node in the `start` script; empty where it doesn't begin with `node`. */
  readonly startFlags: readonly string[];
  /** Name of the lock file, here or in a folder above. */
  readonly lockFile: string | undefined;
  /** Text of `Dockerfile`; `undefined` where there is none. */
  readonly dockerfile: Reading<string> | undefined;
  /** Packages of which only one copy should be there, with all copies. */
  readonly copies: Reading<Readonly<Record<string, readonly PackageCopy[]>>>;
}

/** All that the checks decide by: what is said here is all they know. */
export interface DoctorFacts {
  /** Of the process that is looked at; "24.21.0". */
  readonly node: Reading<string>;
  /** Today, milliseconds since 1970. */
  readonly nowMs: number;
  /** The process that is looked at; `undefined`: the doctor's own, which stands for one that is started here. */
  readonly pid: number | undefined;
  readonly env: Reading<Readonly<NodeJS.ProcessEnv>>;
  /** Flags of Node on the command line, before the script. */
  readonly flags: Reading<readonly string[]>;
  /** Limit of the container, bytes; `undefined` where there is none. */
  readonly memoryLimitBytes: number | undefined;
  readonly machineMemoryBytes: number;
  /** Processors that may be used, an integer ≥ 1. */
  readonly cpus: number;
  /** Logical processors of the machine. */
  readonly machineCpus: number;
  /** What V8 lets the heap grow to, new space included. */
  readonly heapLimitBytes: Reading<number>;
  /** `Infinity` for unlimited. */
  readonly openFiles: Reading<{ readonly soft: number; readonly hard: number }>;
  /** Threads of libuv's pool; only of another process. 0 before its first use. */
  readonly poolThreads: Reading<number> | undefined;
  readonly somaxconn: Reading<number>;
  /** First and last port for outgoing connections. */
  readonly portRange: Reading<readonly [number, number]>;
  readonly resolver: Reading<{ readonly ndots: number; readonly search: readonly string[] }>;
  /** Name of process 1. */
  readonly init: Reading<string>;
  /** Of the process or its container, bytes. */
  readonly swapBytes: Reading<number>;
  /** `always`, `madvise` or `never`. */
  readonly hugePages: Reading<string>;
  /** Version of glibc; `undefined` with another C library. */
  readonly glibc: string | undefined;
  readonly project: Reading<ProjectFacts>;
}
