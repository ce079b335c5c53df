/**
 * - `problem`: something that costs, fails or will fail as it is.
 * - `advice`: something that costs under conditions that are named.
 * - `ok`: looked at, and fine.
 * - `unknown`: couldn't be read; `what` says why.
 */
export type Severity = "problem" | "advice" | "ok" | "unknown";

/** What one check says. */
export interface Finding {
  /** Of the check: a word of lower-case letters and hyphens that stays from version to version. */
  readonly id: string;
  readonly severity: Severity;
  /** What is so, with the figures that were read. */
  readonly what: string;
  /** What follows from it; absent where nothing is wrong. */
  readonly why?: string;
  /** Where that is documented or measured. */
  readonly source?: string;
  /** The one line that mends it. */
  readonly mend?: string;
}

/** What is wrong, why, and what mends it. */
export interface Fault {
  readonly what: string;
  readonly why: string;
  readonly source: string;
  readonly mend: string;
}

export const problem = (id: string, fault: Fault): Finding => ({ id, severity: "problem", ...fault });
export const advice = (id: string, fault: Fault): Finding => ({ id, severity: "advice", ...fault });
export const ok = (id: string, what: string): Finding => ({ id, severity: "ok", what });
export const unknown = (id: string, what: string): Finding => ({ id, severity: "unknown", what });
