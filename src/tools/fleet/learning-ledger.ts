import type { LearnedRankingOptions } from "../learning/learning-options.ts";
import { type LearnedOutcome, LearnedParts } from "./learned-parts.ts";

/** What one node has learned, as others are told of it. */
export interface LedgerEntry {
  /** Grows with each outcome of that node; of two entries of one node the higher counts. */
  readonly revision: number;
  readonly bytes: Uint8Array;
}

interface KnownEntry extends LedgerEntry {
  readonly parts: LearnedParts;
}

/**
 * What each node of a fleet has learned, apart: a replicated counter with a place for each node, of which only that node writes.
 * Two ledgers are joined by taking the newer entry of each node; so neither order, nor repetition, nor loss of what is told
 * changes the sum that all come to.
 * @see Shapiro, Preguiça, Baquero, Zawirski, A comprehensive study of Convergent and Commutative Replicated Data Types, 2011
 */
export class LearningLedger {
  readonly node: string;
  readonly #options: LearnedRankingOptions;
  readonly #maxNodes: number;
  readonly #others = new Map<string, KnownEntry>();
  #own: LearnedParts;
  #revision = 0;
  #told: LedgerEntry | undefined;
  /** Entries that were damaged or something else; they are left out. */
  damaged = 0;
  /** Entries left out since there were too many nodes. */
  tooMany = 0;

  /** @param node a name that no other has, nor had @param maxNodes besides this one */
  constructor(node: string, options: LearnedRankingOptions, maxNodes: number) {
    this.node = node;
    this.#options = options;
    this.#maxNodes = maxNodes;
    this.#own = new LearnedParts(options);
  }

  /** Nodes that something is known of, without this one. */
  get others(): number {
    return this.#others.size;
  }

  /** 0 while this node has learned nothing. */
  get revision(): number {
    return this.#revision;
  }

  record(outcome: LearnedOutcome): void {
    this.#own.record(outcome);
    this.#revision++;
  }

  /** Takes what was learned elsewhere as this node's own. */
  adopt(parts: LearnedParts): void {
    this.#own.add(parts);
    this.#revision++;
  }

  /** Forgets what this node learned, of a tool or in all. */
  reset(name?: string): void {
    this.#own.reset(name);
    this.#revision++;
  }

  /** Forgets what others learned: it is to be told anew. */
  forgetOthers(): void {
    this.#others.clear();
  }

  forget(node: string): boolean {
    return this.#others.delete(node);
  }

  /** The revision that is known of a node; -1 for none. */
  revisionOf(node: string): number {
    return node === this.node ? this.#revision : (this.#others.get(node)?.revision ?? -1);
  }

  /** All that is known of a node, to be told to others. */
  entryOf(node: string): LedgerEntry | undefined {
    if (node !== this.node) return this.#others.get(node);
    if (this.#told?.revision !== this.#revision)
      this.#told = { revision: this.#revision, bytes: this.#own.save() };
    return this.#told;
  }

  /** @returns names of all nodes that something is known of, with this one */
  nodes(): readonly string[] {
    return [this.node, ...this.#others.keys()];
  }

  /** Joins what is told of a node. @returns whether it was news */
  join(node: string, { revision, bytes }: LedgerEntry): boolean {
    if (node === this.node || revision <= this.revisionOf(node)) return false;
    if (!this.#others.has(node) && this.#others.size >= this.#maxNodes) {
      this.tooMany++;
      return false;
    }
    try {
      const parts = LearnedParts.load(bytes, this.#options);
      this.#others.set(node, { revision, bytes: new Uint8Array(bytes), parts });
      return true;
    } catch {
      // Damaged, or of another version: as good as lost, and this count tells of it.
      this.damaged++;
      return false;
    }
  }

  /** What all together have learned. */
  sum(): LearnedParts {
    const sum = new LearnedParts(this.#options);
    sum.add(this.#own);
    // In the same order on every node: sums of fractions depend on it in the last digit.
    for (const node of [...this.#others.keys()].sort()) sum.add(this.#others.get(node)!.parts);
    return sum;
  }
}
