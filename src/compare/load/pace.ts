import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";

/** Time as the load generator takes it. */
export interface Pace {
  /** Milliseconds, fractional. */
  now(): number;
  /** Comes back at that time or as little later as can be. */
  until(atMs: number): Promise<void>;
}

/** A timer fires up to about so much late. */
const timerGrainMs = 1.5;

/**
 * @param exact spend the last moments before a request in turning the event loop, for timers are late by up to a
 * millisecond: takes a processor of its own
 */
export function realPace(exact: boolean): Pace {
  const now = () => performance.now();
  return {
    now,
    async until(atMs) {
      for (let leftMs = atMs - now(); leftMs > 0; leftMs = atMs - now()) {
        if (!exact) await sleep(leftMs);
        else if (leftMs > timerGrainMs + 0.5) await sleep(leftMs - timerGrainMs);
        else await turn();
      }
    },
  };
}
