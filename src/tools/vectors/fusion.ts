import { EmbedderTrust, type TrustState } from "./embedder-trust.ts";
import { type FusedCandidate, FusionWeight, type FusionWeightState } from "./fusion-weight.ts";
import type { VectorIndex } from "./vector-index.ts";

/** Vector evidence of 1 lies so many standard deviations above the mean cosine; few tools can't reach so far. */
const fullDeviations = 4;
/** A tool is singled out by words when the next has at most this share of its score. */
const singledOut = 0.7;

/** Lexical scores, by name. */
export interface WordScores {
  /** Of the best, 0 when no word was found. */
  readonly top: number;
  /** Of the second best. */
  readonly second: number;
  /** Name of the best. */
  readonly best: string | undefined;
}

export interface FusionStats {
  /** Whether vectors count at all: whether the embedder is shown to be better than chance. */
  readonly trusted: boolean;
  /** What full vector evidence is worth beside the best lexical score; 0 while it isn't trusted and outcomes don't speak for it. */
  readonly weight: number;
  /** Outcomes that the weight was learned from. */
  readonly outcomes: number;
  /** Mean percentile that vectors gave the right tool: for its own description, and for queries whose words were plain. */
  readonly probePercentile: number | undefined;
  readonly queryPercentile: number | undefined;
}

export interface FusionState {
  readonly trust: TrustState;
  readonly weight: FusionWeightState;
}

/** Decides how much vectors count, and turns cosines into evidence. */
export class Fusion {
  readonly trust = new EmbedderTrust();
  #weight = new FusionWeight();

  /** As outcomes show; where they don't, 0 while the embedder isn't trusted. */
  get weight(): number {
    return this.trust.isTrusted || this.#weight.isLearned ? this.#weight.value : 0;
  }

  /**
   * Evidence of 0 to 1 from cosines, by how far each lies above their mean. Watches how vectors rank what words single out.
   * @returns evidence by name, of tools above the mean alone
   */
  evidence(index: VectorIndex, query: Int8Array, words: WordScores): ReadonlyMap<string, number> {
    const names: string[] = [];
    const cosines: number[] = [];
    index.cosines(query, (name, cosine) => {
      names.push(name);
      cosines.push(cosine);
    });
    const count = cosines.length;
    const mean = cosines.reduce((sum, cosine) => sum + cosine, 0) / count;
    const deviation = Math.sqrt(cosines.reduce((sum, cosine) => sum + (cosine - mean) ** 2, 0) / count);
    if (words.best !== undefined && words.second <= singledOut * words.top) {
      const at = names.indexOf(words.best);
      if (at >= 0 && count > 1) this.trust.query(percentileOf(cosines, at));
    }
    const evidence = new Map<string, number>();
    if (!(deviation > 0)) return evidence;
    const full = deviation * Math.min(fullDeviations, Math.sqrt(count - 1));
    for (const [i, name] of names.entries())
      if (cosines[i]! > mean) evidence.set(name, Math.min(1, (cosines[i]! - mean) / full));
    return evidence;
  }

  /** Tools were embedded, and their descriptions as queries with them. */
  probe(index: VectorIndex, name: string, query: Int8Array): void {
    const cosines: number[] = [];
    let at = -1;
    index.cosines(query, (other, cosine) => {
      if (other === name) at = cosines.length;
      cosines.push(cosine);
    });
    if (at >= 0 && cosines.length > 1) this.trust.probe(percentileOf(cosines, at));
  }

  /** @param used names of the tools that were of use */
  record(candidates: readonly FusedCandidate[], used: readonly string[]): void {
    this.#weight.record(candidates, used);
  }

  /** Forgets what outcomes said. */
  forget(): void {
    this.#weight = new FusionWeight();
  }

  /** Takes what outcomes said elsewhere, in the place of what they said here. */
  take(weight: FusionWeightState): void {
    this.#weight.restore(weight);
  }

  stats(): FusionStats {
    const { probes, queries } = this.trust.means;
    return {
      trusted: this.trust.isTrusted,
      weight: this.weight,
      outcomes: this.#weight.outcomes,
      probePercentile: probes,
      queryPercentile: queries,
    };
  }

  state(): FusionState {
    return { trust: this.trust.state(), weight: this.#weight.state() };
  }

  restore({ trust, weight }: FusionState): void {
    this.trust.restore(trust);
    this.#weight.restore(weight);
  }
}

/** @returns the share of the others below, equal ones by half */
function percentileOf(values: readonly number[], at: number): number {
  const own = values[at]!;
  let below = 0;
  for (const value of values) if (value < own) below++;
  let equal = -1;
  for (const value of values) if (value === own) equal++;
  return (below + equal / 2) / (values.length - 1);
}
