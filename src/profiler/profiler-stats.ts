/** Counts since the profiler was made, or reset. */
export interface ProfilerStats {
  readonly enabled: boolean;
  /** Spans that ended, those of other threads included. */
  readonly spans: number;
  /** Of these, those that threw, rejected, or were told to `fail`. */
  readonly failed: number;
  /** Begun and not ended; work under way, or a forgotten `end()`. */
  readonly open: number;
  /** Calls of `end()` on a span that had ended. */
  readonly endedAgain: number;
  /** Spans that came from other threads. */
  readonly remote: number;
  /** Spans of other threads that found no room on their way. */
  readonly lost: number;
  /** Spans that are in the statistics, but no longer kept one by one. */
  readonly overwritten: number;
  /** Spans counted as `(other)`, since their name found no room. */
  readonly overflowed: number;
  readonly listenerErrors: number;
}
