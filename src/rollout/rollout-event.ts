import type { RolloutArm } from "./arm.ts";
import { countText, type RollbackFigures } from "./rollback-figures.ts";

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
  /** Percent, until now. */
  readonly shareBefore: number;
  /** Outcomes of either arm that the tests took at the share until now. */
  readonly compared: Readonly<Record<RolloutArm, number>>;
  /** Of a roll-back: its guardrail, or "benefit". */
  readonly guardrail?: string | undefined;
  /** Why; of a roll-back one sentence, with its figures and without a full stop. */
  readonly reason?: string | undefined;
  /** Of a roll-back, but for checks of one's own. */
  readonly figures?: RollbackFigures | undefined;
  /** Milliseconds since 1970. */
  readonly atUnixMs: number;
}

/** @returns what to do about one that is off, as a sentence */
export const resumeAdvice = (id: string): string =>
  `It stays off until rollout.resume(${JSON.stringify(id)}) or a restart of the program.`;

/**
 * @param adviceOf gives the sentence at the end of what is switched off
 * @returns the event as one line, for people: what was decided, why, and what to do about it
 */
export function eventText(event: RolloutEvent, adviceOf: (id: string) => string = resumeAdvice): string {
  const { kind, id, share, shareBefore, compared } = event;
  // What people and checks give as a reason may have lines, and a full stop of its own.
  const reason = event.reason === undefined ? undefined : oneSentence(event.reason);
  const why = reason === undefined ? "" : `: ${reason}`;
  const calls = `${countText(compared.on)} calls with it and ${countText(compared.off)} without it`;
  const raised = `raised from ${shareBefore} to ${share} % of the traffic`;
  const noHarm = `no harm was shown in ${calls}`;
  const texts: Readonly<Record<RolloutEvent["kind"], string>> = {
    advanced: `${raised}: ${noHarm}.`,
    completed: `${raised}, its last stage: ${noHarm}.`,
    "rolled-back": `switched off at ${shareBefore} % of the traffic by ${reason}. ${adviceOf(id)}`,
    stopped: `stopped by hand at ${shareBefore} % of the traffic${why}. ${adviceOf(id)}`,
    "share-set": `set by hand from ${shareBefore} to ${share} % of the traffic.`,
    resumed: `resumed by hand, at ${share} % of the traffic.`,
    killed: `switched off by hand at ${shareBefore} % of the traffic${why}. It stays off until rollout.revive().`,
    revived: `switched on again by hand, at ${share} % of the traffic.`,
  };
  return `rollout ${JSON.stringify(id)}: ${texts[kind]}`;
}

/** By hand, since a regular expression would begin anew at each full stop of a long row of them. */
function oneSentence(reason: string): string {
  const line = reason.replace(/\s+/g, " ");
  let end = line.length;
  while (line[end - 1] === "." || line[end - 1] === " ") end--;
  return line.slice(0, end);
}
