import { finite, integer, knownKeys } from "../../options.ts";

/** What `LearnedRanking` may be told. */
export interface LearnedRankingOptions {
  /**
   * What a nat of evidence is worth: this / (ln(2·tools + 2) · √terms) of the lexical ranking's evidence, from 0
   * (learns, but lifts nothing) to 1,000.
   * @default 1.6
   */
  readonly weight?: number;
  /**
   * How far feedback may put a tool ahead of one that never got any, in nats, from 0 to 1,000: the guard of new tools.
   * Tools with feedback are still told apart beyond it.
   * @default 1.2
   */
  readonly maxLead?: number;
  /**
   * Pairs of a term (or two neighbouring terms) and a tool that are kept, from 1,024 to 16,777,216. When it is full, an
   * eighth goes, the least evident first, and what stays counts an eighth less. About 40 bytes a pair at most.
   * @default 262_144
   */
  readonly maxPairs?: number;
  /**
   * Tools that evidence is kept of, from 1 to 1,048,576. When there are more, an eighth goes, the least evident first.
   * @default 16_384
   */
  readonly maxTools?: number;
}

export const defaultLearning = Object.freeze({
  weight: 1.6,
  maxLead: 1.2,
  maxPairs: 262_144,
  maxTools: 16_384,
});

/** @throws {TypeError} on an unknown option, {RangeError} on a value out of bounds */
export function resolveLearning(options: LearnedRankingOptions): Required<LearnedRankingOptions> {
  knownKeys("LearnedRanking options", options, Object.keys(defaultLearning));
  const all = { ...defaultLearning, ...options };
  return {
    weight: finite("weight", all.weight, 0, 1000),
    maxLead: finite("maxLead", all.maxLead, 0, 1000),
    maxPairs: integer("maxPairs", all.maxPairs, 1024, 2 ** 24),
    maxTools: integer("maxTools", all.maxTools, 1, 2 ** 20),
  };
}
