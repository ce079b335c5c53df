import type { Service } from "./service.ts";

/** A service, and how it changes during the run. */
export interface Scenario {
  readonly name: string;
  /** From which part of the run on, 0 to 1. */
  readonly phases: readonly (Service & { readonly from: number })[];
}

/** What one chooses by hand who knows the service as it is at first. */
export const handChosen = ({ phases }: Scenario): number => phases[0]!.slots;

/** Requests each second. */
export const capacity = ({ slots, serviceMs }: Service): number => (1000 * slots) / serviceMs;

/** After which an answer is worthless. */
export const patienceMs = 200;
/** Requests offered, by the capacity at first. */
export const overload = 2;
export const runMs = 15_000;
/** Limits noted during a run. */
export const noted = 10;

export const scenarios: readonly Scenario[] = [
  { name: "100/s, 2 × 20 ms", phases: [{ from: 0, slots: 2, serviceMs: 20 }] },
  { name: "400/s, 8 × 20 ms", phases: [{ from: 0, slots: 8, serviceMs: 20 }] },
  { name: "1600/s, 64 × 40 ms", phases: [{ from: 0, slots: 64, serviceMs: 40 }] },
  {
    name: "400/s, half of the slots gone for a third of the run",
    phases: [
      { from: 0, slots: 8, serviceMs: 20 },
      { from: 1 / 3, slots: 4, serviceMs: 20 },
      { from: 2 / 3, slots: 8, serviceMs: 20 },
    ],
  },
  {
    name: "400/s, twice as slow for a third of the run",
    phases: [
      { from: 0, slots: 8, serviceMs: 20 },
      { from: 1 / 3, slots: 8, serviceMs: 40 },
      { from: 2 / 3, slots: 8, serviceMs: 20 },
    ],
  },
];

/** What the service could answer in a whole run, in requests. */
export function mostAnswers({ phases }: Scenario): number {
  return phases.reduce((sum, phase, i) => {
    const share = (phases[i + 1]?.from ?? 1) - phase.from;
    return sum + (share * runMs * capacity(phase)) / 1000;
  }, 0);
}
