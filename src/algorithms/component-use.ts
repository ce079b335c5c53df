import { reject } from "../options.ts";

/** Runs remembered; older ones no longer count. */
const runsKept = 16;

/** Which components were used in past runs, as plain data for a file. */
export interface ComponentUse {
  readonly version: 1;
  /** By name: a character for each run that the component was registered in, the last run last; "1" if it was used. */
  readonly components: Readonly<Record<string, string>>;
}

/** In which of the last 16 runs a component was used, and how likely it will be in the next. */
export class UseHistory {
  /** Of the runs before this one. */
  readonly #past: string;
  isUsed = false;

  constructor(past = "") {
    this.#past = past;
  }

  /**
   * Probability that this run uses it, by Laplace's rule of succession: (runs with use + 1) / (runs + 2).
   * So 0.5 when nothing is known, and never 0 or 1.
   */
  get likelihood(): number {
    const used = this.#past.replaceAll("0", "").length;
    return (used + 1) / (this.#past.length + 2);
  }

  /** This run included. */
  toString(): string {
    return `${this.#past}${this.isUsed ? "1" : "0"}`.slice(-runsKept);
  }
}

/** @throws {TypeError | RangeError} when it is not what was exported */
export function checkedUse(use: ComponentUse): ReadonlyMap<string, string> {
  if (!isRecord(use) || use.version !== 1 || !isRecord(use.components))
    throw new TypeError("use: expected what `exportUse` of this version gave");
  const entries = Object.entries(use.components);
  for (const [name, runs] of entries)
    if (typeof runs !== "string" || !/^[01]{0,16}$/.test(runs))
      reject(`use.components.${name}`, "at most 16 characters 0 or 1", runs);
  return new Map(entries);
}

const isRecord = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);
