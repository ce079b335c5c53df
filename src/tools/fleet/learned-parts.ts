import { SelectorStateError } from "../../errors.ts";
import { LearnedRanking, type ToolOutcome } from "../learning/learned-ranking.ts";
import type { LearnedRankingOptions } from "../learning/learning-options.ts";
import { packSections, unpackSections } from "../state-sections.ts";
import { type FusedCandidate, FusionWeight, weights } from "../vectors/fusion-weight.ts";

/** One outcome, as all parts learn from it. */
export interface LearnedOutcome {
  readonly terms: readonly string[];
  readonly taskType: string | undefined;
  readonly candidates: readonly FusedCandidate[];
  readonly outcome: ToolOutcome & { readonly succeeded: boolean };
}

/** All that outcomes teach, as sums: what several nodes learned is what they add up to, in whatever order. */
export class LearnedParts {
  readonly words: LearnedRanking;
  readonly tasks: LearnedRanking;
  /** How much vectors count. */
  readonly weight = new FusionWeight();
  outcomes = 0;

  constructor(options: LearnedRankingOptions, words?: LearnedRanking, tasks?: LearnedRanking) {
    this.words = words ?? new LearnedRanking(options);
    this.tasks = tasks ?? new LearnedRanking(options);
  }

  record({ terms, taskType, candidates, outcome }: LearnedOutcome): void {
    this.outcomes++;
    this.words.record(terms, outcome);
    if (taskType !== undefined) this.tasks.record([taskType], outcome);
    if (outcome.succeeded && candidates.length > 0) this.weight.record(candidates, outcome.used);
  }

  /** Adds what another learned. */
  add(other: LearnedParts): void {
    this.words.merge(other.words);
    this.tasks.merge(other.tasks);
    this.weight.add(other.weight.state());
    this.outcomes += other.outcomes;
  }

  /** Forgets what was learned of a tool, or all. */
  reset(name?: string): void {
    this.words.reset(name);
    this.tasks.reset(name);
    if (name !== undefined) return;
    this.weight.restore(new FusionWeight().state());
    this.outcomes = 0;
  }

  /** Versioned bytes with a checksum. */
  save(): Uint8Array {
    const rest = JSON.stringify({ outcomes: this.outcomes, weight: this.weight.state() });
    return packSections([Buffer.from(rest), this.words.save(), this.tasks.save()]);
  }

  /** @throws {SelectorStateError | LearnedStateError} when the bytes are damaged or something else */
  static load(bytes: Uint8Array, options: LearnedRankingOptions): LearnedParts {
    const [rest, words, tasks] = unpackSections(bytes, 3) as readonly [Uint8Array, Uint8Array, Uint8Array];
    const parts = new LearnedParts(
      options,
      LearnedRanking.load(words, options),
      LearnedRanking.load(tasks, options),
    );
    const { outcomes, weight } = parsed(rest);
    if (!isCount(outcomes) || !isCount(weight?.outcomes) || !isSums(weight.sums) || !isSums(weight.squares))
      throw new SelectorStateError("what was learned of vectors is not as it was written");
    parts.outcomes = outcomes;
    parts.weight.restore(weight);
    return parts;
  }
}

interface Rest {
  readonly outcomes: number;
  readonly weight: ReturnType<FusionWeight["state"]>;
}

function parsed(bytes: Uint8Array): Rest {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Rest;
  } catch (error) {
    throw new SelectorStateError("what was learned of vectors can't be read", { cause: error });
  }
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

const isSums = (value: unknown): boolean =>
  Array.isArray(value) && value.length === weights.length && value.every(Number.isFinite);
