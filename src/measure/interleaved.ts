import { systemClock, type TimerHandle } from "../clock.ts";
import { ArmChild } from "./arm-child.ts";
import type { ArmOutcome, RoundTimes } from "./arm-protocol.ts";
import { ArmRecord, type ArmResult } from "./arm-result.ts";
import { nextCount } from "./calibration.ts";
import {
  type MeasureOptions,
  type MeasureProgress,
  moduleUrl,
  type ResolvedMeasureOptions,
  resolveMeasureOptions,
} from "./measure-options.ts";
import { seededRandom } from "./random.ts";
import { roundOrders } from "./round-order.ts";
import { warningsFor } from "./warnings.ts";

export interface Measurement {
  /** In the order of the specs. */
  readonly arms: readonly ArmResult[];
  /** True when it was aborted: valid, with fewer rounds or processes than asked for. */
  readonly partial: boolean;
  /** What makes the figures less trustworthy, each with advice. */
  readonly warnings: readonly string[];
}

/** After an abort, arms have so long to end their round, answer and close before they are killed; so they have to leave. */
const graceMs = 2000;

/**
 * Measures arms against each other: every repetition starts a fresh process for each arm, and within it the arms take
 * turns, one round at a time, in a shuffled and mirrored order, so that what disturbs the machine disturbs all alike.
 * An arm's operation count is found once and then the same for all its rounds.
 * When an arm fails, the processes of all arms are killed, without a call of `close`.
 * @returns figures for each operation; when aborted, those of the rounds that all arms had completed
 * @throws {ArmError} when an arm throws, exits or exceeds `timeoutMs`
 * @throws the signal's reason when it was aborted before any round was complete
 */
export async function measureInterleaved(options: MeasureOptions): Promise<Measurement> {
  const run = new InterleavedRun(resolveMeasureOptions(options));
  return await run.measure();
}

class InterleavedRun {
  readonly #options: ResolvedMeasureOptions;
  readonly #records: readonly ArmRecord[];
  readonly #orders: Iterator<readonly number[], never, void>;
  #done = 0;

  constructor(options: ResolvedMeasureOptions) {
    this.#options = options;
    this.#records = options.arms.map((spec) => new ArmRecord(spec));
    this.#orders = roundOrders(options.arms.length, seededRandom(options.seed));
  }

  async measure(): Promise<Measurement> {
    const { processes, rounds, arms, signal } = this.#options;
    for (let i = 0; i < processes && !signal?.aborted; i++) await this.#repeat(i);
    if (this.#done === 0) throw signal?.reason;
    const results = this.#records.map((record) => record.result());
    return {
      arms: results,
      partial: this.#done < processes * rounds * arms.length,
      warnings: this.#records.flatMap((record, i) =>
        warningsFor(results[i]!, { timerNs: record.timerNs, answersDiffer: record.answersDiffer }),
      ),
    };
  }

  /** One repetition: a fresh process for each arm, all its rounds, and the arms' own account of them. */
  async #repeat(process: number): Promise<void> {
    const { signal } = this.#options;
    const children: ArmChild[] = [];
    const rounds: RoundTimes[][] = [];
    const outcomes: ArmOutcome[] = [];
    const killAll = (): Promise<unknown> => Promise.all(children.map((child) => child.kill()));
    let grace: TimerHandle;
    const onAbort = (): void => {
      grace = systemClock.setTimeout(killAll, graceMs);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await this.#setup(process, children);
      if (process === 0) await this.#calibrate(children);
      await this.#warmUp(process, children);
      await this.#count(process, children, rounds);
      for (const [i, child] of children.entries()) {
        this.#tell("finish", process, i, 0);
        outcomes.push(await child.finish());
      }
      await Promise.all(children.map((child) => child.leave(graceMs)));
    } catch (error) {
      // After an abort a child fails because it was killed, and what it had completed stays valid.
      if (!signal?.aborted) throw error;
    } finally {
      signal?.removeEventListener("abort", onAbort);
      systemClock.clearTimeout(grace);
      await killAll();
    }
    for (const [i, record] of this.#records.entries())
      record.add(
        rounds.map((times) => times[i]!),
        outcomes[i],
      );
  }

  /** Starts the arms one after the other; an abort leaves out those that have not begun. */
  async #setup(process: number, children: ArmChild[]): Promise<void> {
    for (const [i, spec] of this.#options.arms.entries()) {
      if (this.#options.signal?.aborted) return;
      this.#tell("setup", process, i, 0);
      const child = new ArmChild(spec, this.#options.timeoutMs);
      children.push(child);
      await child.setup(moduleUrl(spec.module), spec.export ?? "setup", spec.args);
      this.#records[i]!.timerNs = child.timerNs;
    }
  }

  /** Finds the operation count of the arms that don't have a fixed one. */
  async #calibrate(children: readonly ArmChild[]): Promise<void> {
    const { arms, roundMs, signal } = this.#options;
    for (const [i, child] of children.entries()) {
      const record = this.#records[i]!;
      for (let settled = arms[i]!.count !== undefined, trial = 0; !settled && !signal?.aborted; trial++) {
        this.#tell("calibration", 0, i, trial);
        const { wallNs } = await child.round(record.count);
        ({ count: record.count, settled } = nextCount(record.count, wallNs / 1e6, roundMs));
      }
    }
  }

  async #warmUp(process: number, children: readonly ArmChild[]): Promise<void> {
    const { arms, warmupRounds, roundMs, signal } = this.#options;
    for (let round = 0; round < warmupRounds; round++)
      for (const i of this.#orders.next().value) {
        if (signal?.aborted) return;
        this.#tell("warmup", process, i, round);
        const record = this.#records[i]!;
        const { wallNs } = await children[i]!.round(record.count);
        // Warm code is faster than what calibration saw: the last warm-up round sets the count for good.
        if (process === 0 && round === warmupRounds - 1 && arms[i]!.count === undefined)
          record.count = nextCount(record.count, wallNs / 1e6, roundMs).count;
      }
  }

  /** Adds to `rounds` those that all arms completed, each as its times by arm. */
  async #count(process: number, children: readonly ArmChild[], rounds: RoundTimes[][]): Promise<void> {
    for (let round = 0; round < this.#options.rounds; round++) {
      const times: RoundTimes[] = [];
      for (const i of this.#orders.next().value) {
        if (this.#options.signal?.aborted) return;
        this.#tell("round", process, i, round, times.filter(Boolean).length);
        times[i] = await children[i]!.round(this.#records[i]!.count);
      }
      rounds.push(times);
      this.#done += children.length;
    }
  }

  #tell(phase: MeasureProgress["phase"], process: number, arm: number, round: number, extra = 0): void {
    const { arms, processes, rounds, onProgress } = this.#options;
    onProgress?.({
      phase,
      arm: arms[arm]!.name,
      process,
      round,
      done: this.#done + extra,
      total: processes * rounds * arms.length,
    });
  }
}
