/** Environment variable that tells a probe where to report. */
export const probeVariable = "VICTOR_COMPARE_PROBE";

export interface ProbeSettings {
  /** Takes orders: `0` begin, `?` report. Without it, the probe reports at exit. */
  readonly socket?: string;
  /** Where a report at exit goes. */
  readonly folder: string;
}

/** What one process saw of itself. */
export interface ProbeFigures {
  readonly pid: number;
  /** Time in garbage collection, milliseconds. */
  readonly gcMs: number;
  readonly loopDelayP99Ms: number;
}
