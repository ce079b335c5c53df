import { isDeepStrictEqual } from "node:util";
import type { ArmSpec } from "./arm.ts";
import type { ArmOutcome, RoundTimes } from "./arm-protocol.ts";

/** What was measured of one arm. */
export interface ArmResult {
  readonly name: string;
  /** Wall time in nanoseconds for each operation: one list per process, one figure per round. */
  readonly wallNs: readonly (readonly number[])[];
  /** CPU time (user and system, all threads of the process) in nanoseconds for each operation, likewise. */
  readonly cpuNs: readonly (readonly number[])[];
  /** Of the first process that gave one; `undefined` when the arm has none. */
  readonly answer: unknown;
  /** Mean over the processes. */
  readonly counters: Record<string, number>;
  /** The same of each process that ended by itself, in their order. */
  readonly countersByProcess: readonly Readonly<Record<string, number>>[];
  /** Operations a round. */
  readonly count: number;
}

/** Gathers one arm's figures, repetition by repetition. */
export class ArmRecord {
  /** Operations a round; calibration changes it until the first counted round. */
  count: number;
  timerNs = 0;
  readonly #name: string;
  readonly #wallNs: number[][] = [];
  readonly #cpuNs: number[][] = [];
  readonly #outcomes: ArmOutcome[] = [];

  constructor(spec: ArmSpec) {
    this.#name = spec.name;
    this.count = spec.count ?? 1;
  }

  /** Adds what one process did; a process without a complete round leaves no trace. */
  add(rounds: readonly RoundTimes[], outcome: ArmOutcome | undefined): void {
    if (rounds.length === 0) return;
    this.#wallNs.push(rounds.map((times) => times.wallNs / this.count));
    this.#cpuNs.push(rounds.map((times) => times.cpuNs / this.count));
    if (outcome) this.#outcomes.push(outcome);
  }

  /** True when processes of this same arm gave different answers. */
  get answersDiffer(): boolean {
    const first = this.#outcomes[0];
    return this.#outcomes.some((outcome) => !isDeepStrictEqual(outcome.answer, first?.answer));
  }

  result(): ArmResult {
    const sums = new Map<string, { sum: number; n: number }>();
    for (const { counters } of this.#outcomes)
      for (const [name, value] of Object.entries(counters)) {
        const entry = sums.get(name) ?? { sum: 0, n: 0 };
        sums.set(name, { sum: entry.sum + value, n: entry.n + 1 });
      }
    return {
      name: this.#name,
      wallNs: this.#wallNs,
      cpuNs: this.#cpuNs,
      answer: this.#outcomes[0]?.answer,
      counters: Object.fromEntries([...sums].map(([name, { sum, n }]) => [name, sum / n])),
      countersByProcess: this.#outcomes.map(({ counters }) => counters),
      count: this.count,
    };
  }
}
