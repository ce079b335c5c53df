import {
  abortSignal,
  callable,
  durationMs,
  finite,
  integer,
  knownKeys,
  reject,
  rejectType,
} from "../options.ts";
import type { CompareDocument } from "./compare-document.ts";

/** What to compare, and how long. */
export interface CompareOptions {
  /** The program, as words, to be compared without and with optimizations. Not together with `a` and `b`. */
  readonly command?: readonly string[];
  /** One line for the shell: the program to compare with. */
  readonly a?: string;
  /** One line for the shell: the program that may be better. */
  readonly b?: string;
  /**
   * What is loaded. `{port}` stands for a free port, which each process gets in `PORT`: then both programs are alive at
   * once and are loaded in turns, which shows far smaller differences. Without `url` and `script`, each run is one job,
   * from its start to its end.
   */
  readonly url?: string;
  /** Path of a module whose default export, `async (context) => {}`, is called for each request. */
  readonly script?: string;
  /** Requests a second, > 0. @default half of what the program without optimizations can do */
  readonly rate?: number;
  /** How long each process is loaded in a round, from 200 to a day. @default 5000 */
  readonly durationMs?: number;
  /** How long each process is loaded before that, uncounted. @default 2000 */
  readonly warmupMs?: number;
  /** Pairs of fresh processes, from 2 to 1000. @default 15 */
  readonly rounds?: number;
  /** Measure each applied optimization by itself, too. @default false */
  readonly ablate?: boolean;
  /** File URL or name of a module to load before the program "with". @default this package's auto mode */
  readonly module?: string;
  /** Of the order in which programs take turns. An integer. @default 1 */
  readonly seed?: number;
  /** How long a program may take until it answers. @default 30_000 */
  readonly startTimeoutMs?: number;
  /** How long a request, or a job, may take. @default 10_000 for a request, 600_000 for a job */
  readonly timeoutMs?: number;
  /** How long a program may take to end after SIGTERM, before it is killed. @default 5000 */
  readonly graceMs?: number;
  /** Requests that may be under way at once; what exceeds it counts as errors. @default 1000 */
  readonly maxInFlight?: number;
  /** Ends the comparison; what is measured is kept. */
  readonly signal?: AbortSignal;
  /** Told in a sentence what goes on. */
  readonly progress?: (text: string, share: number) => void;
  /** Given all that is measured so far, after each round; awaited. */
  readonly partial?: (document: CompareDocument) => void | Promise<void>;
}

export const compareDefaults = Object.freeze({
  durationMs: 5000,
  warmupMs: 2000,
  rounds: 15,
  ablate: false,
  seed: 1,
  startTimeoutMs: 30_000,
  graceMs: 5000,
  maxInFlight: 1000,
});

const known = [
  ...Object.keys(compareDefaults),
  ...["command", "a", "b", "url", "script", "rate", "module", "timeoutMs", "signal", "progress", "partial"],
];

export type ResolvedCompare = CompareOptions &
  Required<Omit<CompareOptions, "command" | "a" | "b" | "url" | "script" | "rate" | "module" | "signal">>;

const dayMs = 86_400_000;

/** @throws {TypeError} @throws {RangeError} naming the option */
export function resolveCompare(options: CompareOptions): ResolvedCompare {
  knownKeys("comparePrograms", options, known);
  const isServer = options.url !== undefined || options.script !== undefined;
  const resolved = {
    ...compareDefaults,
    timeoutMs: isServer ? 10_000 : 600_000,
    progress: () => undefined,
    partial: () => undefined,
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
  } as ResolvedCompare;
  checkPrograms(resolved);
  finite("durationMs", resolved.durationMs, 200, dayMs);
  finite("warmupMs", resolved.warmupMs, 0, dayMs);
  integer("rounds", resolved.rounds, 2, 1000);
  integer("seed", resolved.seed, Number.MIN_SAFE_INTEGER);
  durationMs("startTimeoutMs", resolved.startTimeoutMs, 1);
  durationMs("timeoutMs", resolved.timeoutMs, 1);
  durationMs("graceMs", resolved.graceMs);
  integer("maxInFlight", resolved.maxInFlight, 1);
  if (resolved.rate !== undefined) finite("rate", resolved.rate, 0.01, 1e6);
  if (typeof resolved.ablate !== "boolean") rejectType("ablate", "a boolean", resolved.ablate);
  abortSignal(resolved.signal);
  callable("progress", resolved.progress);
  callable("partial", resolved.partial);
  return resolved;
}

function checkPrograms({ command, a, b, url, ablate, rate, script }: ResolvedCompare): void {
  const pair = a !== undefined || b !== undefined;
  if (pair === (command !== undefined))
    throw new TypeError("comparePrograms: expected either command, or both a and b");
  if (pair && (!a || !b)) throw new TypeError("comparePrograms: expected both a and b, got one of them");
  if (command !== undefined && (!Array.isArray(command) || command.length === 0))
    rejectType("command", "an array of at least one word", command);
  if (pair && ablate)
    throw new TypeError("ablate: only for a command; a and b have no optimizations to apply");
  if (url !== undefined && !URL.canParse(url.replaceAll("{port}", "80")))
    reject("url", "a URL such as http://127.0.0.1:{port}/", url);
  if (url !== undefined && !/^https?:/.test(url)) reject("url", "a URL of http or https", url);
  if (rate !== undefined && url === undefined && script === undefined)
    throw new TypeError("rate: only with url or script; a job is run, not loaded");
}
