import type { RollbackFigures } from "./rollback-figures.ts";

/** What has happened to an optimization. */
export interface RolloutEvent {
  readonly kind: /** The ramp has gone up by a stage; `completed` by its last. */
    | "advanced"
    | "completed"
    /** Switched off by a guardrail, or since no gain was shown. */
    | "rolled-back"
    /** By hand. */
    | "share-set"
    | "stopped"
    | "resumed"
    | "killed"
    | "revived";
  readonly id: string;
  /** Percent, from now on. */
  readonly share: number;
  /** Of a roll-back: its guardrail, or "benefit". */
  readonly guardrail?: string | undefined;
  /** Why; of a roll-back one sentence, with its figures. */
  readonly reason?: string | undefined;
  /** Of a roll-back, but for checks of one's own. */
  readonly figures?: RollbackFigures | undefined;
  /** Milliseconds since 1970. */
  readonly atUnixMs: number;
}

/** @returns the event as one line */
export function eventText({ kind, id, share, reason }: RolloutEvent): string {
  const why = reason === undefined ? "" : `: ${reason}`;
  return `rollout ${JSON.stringify(id)} ${kind}, now ${share} %${why}`;
}
