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

/** What the child may answer to a request; `failed` it may say at any time. */
export type ArmReply =
  | { readonly type: "ready"; readonly timerNs: number }
  | ({ readonly type: "round" } & RoundTimes)
  | ({ readonly type: "finished" } & ArmOutcome)
  | { readonly type: "failed"; readonly message: string; readonly stack: string | undefined };

/** The reply that belongs to each request. */
const replyTo = { setup: "ready", round: "round", finish: "finished" } as const;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
const isTime = (value: unknown): boolean => typeof value === "number" && value >= 0 && Number.isFinite(value);

/**
 * Is a message of the child the answer to this request? The arm's own code shares the channel and may send anything.
 * @param request `undefined` when none is open: then only a failure may come
 */
export function isReply(message: unknown, request: ArmRequest["type"] | undefined): message is ArmReply {
  if (!isRecord(message)) return false;
  const { type } = message;
  if (type === "failed")
    return typeof message.message === "string" && ["string", "undefined"].includes(typeof message.stack);
  if (request === undefined || type !== replyTo[request]) return false;
  if (type === "ready") return isTime(message.timerNs);
  if (type === "round") return isTime(message.wallNs) && isTime(message.cpuNs) && message.cpuNs !== 0;
  const { counters } = message;
  return isRecord(counters) && Object.values(counters).every((value) => typeof value === "number");
}
