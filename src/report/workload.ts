/** One way of doing a workload's work: an arm module of `measure/`, loaded in a process of its own. */
export interface Variant {
  /** Short name for tables: `node:sqlite`. */
  readonly name: string;
  /** What the code does, in one clause, so that a reader can judge whether it is a fair rival. */
  readonly about: string;
  /** URL of the module that has the arm. */
  readonly module: string;
  /** Name of the arm's `setup` in that module. */
  readonly export: string;
  /** Given to `setup`; must survive structured cloning. */
  readonly args: unknown;
  /** Flags for the Node of its processes, such as `--expose-gc`. @default none */
  readonly nodeArgs?: readonly string[];
}

/** A rival that could not be loaded on this machine. */
export interface MissingVariant {
  readonly name: string;
  readonly about: string;
  /** npm package to install. */
  readonly install: string;
}

/** What a row's figure is: a time, or something that the arm itself counts. */
export type Unit = TimeUnit | CounterUnit;

/** How a time per operation is shown. */
export interface TimeUnit {
  /** One operation of the arm, for people: `query`, `batch of 1,000 rows`. */
  readonly operation: string;
  /** What is counted inside of one operation: `query`, `row`. */
  readonly item: string;
  /** Items done by one operation of the arm, ≥ 1. */
  readonly itemsPerOperation: number;
  /** `time`: time per item, less is better. `rate`: items per second, more is better. */
  readonly shown: "time" | "rate";
}

/**
 * A counter of the arm: memory, objects, a share, times that aren't those of a whole round. Each process gives one, after
 * its last round, so what the row knows of its spread it knows from the processes alone.
 */
export interface CounterUnit {
  readonly shown: "counter";
  /** Its name among the arm's counters. Ratios need it above 0 in every process. */
  readonly counter: string;
  readonly kind: AmountKind;
  /** What it is, as it stands after "less" or "fewer": `memory per entry`. */
  readonly what: string;
  /** @default "less" */
  readonly better?: "less" | "more";
  /**
   * `all`: the arm takes it over the plan's rounds, its warm-up first, in turns with the other variants, so that what the machine
   * does meanwhile disturbs all alike. `one`: over one round without a warm-up.
   * @default "one"
   */
  readonly rounds?: "one" | "all";
}

/** How a number is shown: a `ratio` as a percentage, `bytes` with a binary prefix, a `duration`, of nanoseconds, with its unit. */
export type AmountKind = "ratio" | "count" | "bytes" | "duration";

/** What the reference report says of the same metric. */
export interface ReferenceClaim {
  /** `2.5 ms`; `N/A` where the reference has none. */
  readonly before: string;
  readonly after: string;
  /** As printed there, with its direction: `−40 %`. */
  readonly improvement: string;
}

/** Did all variants do the same? */
export interface CheckResult {
  readonly ok: boolean;
  /** What was compared, or what differed. */
  readonly detail: string;
}

/** What one variant answered. */
export interface VariantAnswer {
  readonly variant: string;
  readonly answer: unknown;
}

/** A number that a workload counts besides its time. */
export interface Figure {
  readonly id: string;
  readonly title: string;
  readonly question: string;
  readonly value: number;
  readonly kind: AmountKind;
  /** How the number came about: `81,200 of 100,000 reads`. */
  readonly detail: string;
  readonly reference?: ReferenceClaim;
}

/** Counters of one variant, as means over its processes. */
export type Counters = Readonly<Record<string, number>>;

/** One row of the report: the same work on the same input, done by two or three variants. */
export interface Workload {
  /** `room.metric`, stable: `database.query-time`. */
  readonly id: string;
  /** The metric's name, as in the reference's tables. */
  readonly title: string;
  /** What is asked, as a question. */
  readonly question: string;
  /** Data, keys, skew, writes: everything that the figure depends on. */
  readonly input: string;
  readonly unit: Unit;
  readonly baseline: Variant | MissingVariant;
  readonly peer?: Variant | MissingVariant;
  readonly optimized: Variant;
  /** Operations in one round, the same for every variant, so that all do the same work. */
  readonly operationsPerRound: number;
  /** @default {@link sameAnswers} */
  readonly check?: (answers: readonly VariantAnswer[]) => CheckResult;
  readonly reference?: ReferenceClaim;
  /** Further rows from the counters of the optimized variant and of the baseline, which has none where it isn't there. */
  readonly figures?: (counters: Counters, baseline: Counters) => readonly Figure[];
  /** What a reader must know to read the figure rightly. */
  readonly notes?: readonly string[];
}

/** How often everything is repeated. */
export interface Plan {
  /** Separate processes of each variant. */
  readonly processes: number;
  /** Measured rounds in each process. */
  readonly rounds: number;
  /** Rounds in each process before the measured ones. */
  readonly warmupRounds: number;
}

/** What a room's workloads get to know before they are made. */
export interface RoomContext {
  readonly engine: Engine;
  /** Connection URL; set for every engine but `sqlite`. */
  readonly url?: string | undefined;
  readonly quick: boolean;
  /** Folder for temporary files, the room's own; the report removes it afterwards. */
  readonly workDir: string;
  /** How each workload will be repeated, so that it can size its input. */
  readonly repetitions: Plan;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Tells the user what is being prepared. */
  readonly announce: (text: string) => void;
}

export const engines = ["sqlite", "postgres"] as const;
/** Database engine that the database rows run on. */
export type Engine = (typeof engines)[number];

/** Workloads made ready to run, and what must be cleared away after them. */
export interface OpenRoom {
  readonly workloads: readonly Workload[];
  /**
   * What this machine lacks, as what is to be done about it: `install redis-server`. The rows then aren't measured, which is no
   * failure. @default nothing
   */
  readonly missing?: string;
  /** Lines for the report's list of versions: `PostgreSQL: 17.4`. */
  readonly versions: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** A group of workloads: one area of the report, one word for `--only`. */
export interface Room {
  readonly id: string;
  /** Section title in the report: `Database optimization`. */
  readonly title: string;
  /** What the area does and what its rows compare, in one or two sentences. */
  readonly about: string;
  /** What the figures don't say. */
  readonly limits: readonly string[];
  open(context: RoomContext): Promise<OpenRoom>;
}

export const isMissing = (variant: Variant | MissingVariant): variant is MissingVariant =>
  "install" in variant;

/** The usual check: every variant gave the very same answer. */
export function sameAnswers(all: readonly VariantAnswer[]): CheckResult {
  let first: { variant: string; text: string } | undefined;
  for (const { variant, answer } of all) {
    if (answer === undefined) return { ok: false, detail: `${variant} gave no answer` };
    const text = typeof answer === "string" ? answer : JSON.stringify(answer);
    first ??= { variant, text };
    if (text !== first.text)
      return {
        ok: false,
        detail: `${first.variant} answered "${first.text}", ${variant} answered "${text}"`,
      };
  }
  if (!first) return { ok: false, detail: "no variant gave an answer" };
  return { ok: true, detail: `all ${all.length} variants answered "${first.text}"` };
}
