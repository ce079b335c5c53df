/** What a retry policy has done. Counts run from its construction. */
export interface RetryStats {
  readonly calls: number;
  /** Attempts after the first. */
  readonly retries: number;
  /** Calls that were answered well only after a retry. */
  readonly recovered: number;
  /** Calls that failed with all the attempts that they may have. */
  readonly exhausted: number;
  /** Retries that weren't made for want of a token. */
  readonly denied: number;
  /** Retries that weren't made because their wait would have been too long. */
  readonly tooLate: number;
  /** Attempts that got no response in the time that each has. */
  readonly attemptTimeouts: number;
  /** Calls that didn't end before their deadline. */
  readonly deadlines: number;
}

/** The same, being counted. @internal */
export class RetryCounts implements RetryStats {
  calls = 0;
  retries = 0;
  recovered = 0;
  exhausted = 0;
  denied = 0;
  tooLate = 0;
  attemptTimeouts = 0;
  deadlines = 0;
}
