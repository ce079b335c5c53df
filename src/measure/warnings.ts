import type { ArmResult } from "./arm-result.ts";
import { median, quantile } from "./order-statistics.ts";

/** What the runner knows of an arm beside its result. */
export interface ArmNotes {
  /** Finest step of the child's clock in nanoseconds. */
  readonly timerNs: number;
  /** Whether its processes gave different answers. */
  readonly answersDiffer: boolean;
}

/** A round shorter than this many steps of the clock is off by more than 1 %. */
const timerSteps = 100;
/** Middle 80 % of a process's rounds may spread over this part of their median. */
const spreadLimit = 0.5;
/** Medians of an arm's processes may spread over this part of their middle. */
const processLimit = 0.25;
/** The first counted round may exceed the later ones by this factor. */
const warmupLimit = 1.2;
/** CPU time may exceed wall time by this factor. */
const cpuLimit = 1.5;

const percent = (part: number): string => `${Math.round(part * 100)} %`;

/**
 * Says what makes an arm's figures less trustworthy, and what to do about it.
 * @returns sentences, none when all is well
 */
export function warningsFor(arm: ArmResult, notes: ArmNotes): string[] {
  const found = [
    timer(arm, notes.timerNs),
    rounds(arm),
    processes(arm),
    warmup(arm),
    cpu(arm),
    notes.answersDiffer
      ? "its processes gave different answers; make the work deterministic, so that arms can be compared"
      : undefined,
  ];
  return found.filter((warning) => warning !== undefined).map((warning) => `${arm.name}: ${warning}`);
}

function timer(arm: ArmResult, timerNs: number): string | undefined {
  const roundNs = median(arm.wallNs.flat()) * arm.count;
  if (roundNs >= timerSteps * timerNs) return undefined;
  return `a round takes ${Math.round(roundNs)} ns, too short for a clock with steps of ${timerNs} ns; raise count or roundMs`;
}

function rounds(arm: ArmResult): string | undefined {
  if (arm.wallNs.some((process) => isBimodal(process)))
    return "rounds fall into two groups (two speeds of the code or of the machine); look for a cache, a collector or a neighbour that comes and goes";
  const spread = Math.max(...arm.wallNs.map(relativeSpread));
  if (spread <= spreadLimit) return undefined;
  return `rounds spread over ${percent(spread)} of their median; quieten the machine, or raise rounds or roundMs`;
}

function relativeSpread(process: readonly number[]): number {
  return (quantile(process, 0.9) - quantile(process, 0.1)) / median(process);
}

/**
 * Whether rounds form two groups: one gap holds more than half of their whole range, which is wider than 10 % of the
 * median, and at least a fifth of the rounds lie on either side. Needs 8 rounds.
 */
export function isBimodal(samples: readonly number[]): boolean {
  if (samples.length < 8) return false;
  const sorted = samples.toSorted((a, b) => a - b);
  const range = sorted.at(-1)! - sorted[0]!;
  if (range <= 0.1 * median(samples)) return false;
  const margin = Math.ceil(samples.length / 5);
  for (let i = margin; i <= samples.length - margin; i++)
    if (sorted[i]! - sorted[i - 1]! > range / 2) return true;
  return false;
}

function processes(arm: ArmResult): string | undefined {
  const medians = arm.wallNs.map(median);
  const spread = (Math.max(...medians) - Math.min(...medians)) / median(medians);
  if (spread <= processLimit) return undefined;
  return `its processes differ by ${percent(spread)}; raise processes, so that the interval knows of it`;
}

function warmup(arm: ArmResult): string | undefined {
  const first = arm.wallNs.filter((process) => process.length > 1);
  if (first.length === 0) return undefined;
  const factor = median(first.map((process) => process[0]! / median(process.slice(1))));
  if (factor <= warmupLimit) return undefined;
  return `the first counted round takes ${factor.toFixed(2)} times as long as the later ones; raise warmupRounds`;
}

function cpu(arm: ArmResult): string | undefined {
  const factor = median(arm.cpuNs.flat()) / median(arm.wallNs.flat());
  if (factor <= cpuLimit) return undefined;
  return `it uses ${factor.toFixed(1)} times as much CPU as wall time (threads, compiler or collector); compare CPU time too`;
}
