/** What parent and child say to each other: one question at a time, one reply each. */
export type ArmRequest =
  | { readonly type: "setup"; readonly module: string; readonly exportName: string; readonly args: unknown }
  | { readonly type: "round"; readonly count: number }
  | { readonly type: "finish" };

/** One timed call of `run`. */
export interface RoundTimes {
  /** Nanoseconds on the monotonic clock. */
  readonly wallNs: number;
  /** User and system time of all threads of the child, in nanoseconds, counted in µs, at least 1 µs. */
  readonly cpuNs: number;
}

/** What an arm says of itself after its last round. */
export interface ArmOutcome {
  readonly answer: unknown;
  readonly counters: Record<string, number>;
}

export type ArmReply =
  | { readonly type: "ready"; readonly timerNs: number }
  | ({ readonly type: "round" } & RoundTimes)
  | ({ readonly type: "finished" } & ArmOutcome)
  | { readonly type: "failed"; readonly message: string; readonly stack: string | undefined };
