import { type Limit, limitInteger } from "./limit.ts";

/**
 * A limit that stays as it is, whatever the samples say.
 * @param limit an integer from 1 to 2³⁰
 * @throws {RangeError} when it is anything else
 */
export function fixedLimit(limit: number): Limit {
  return new FixedLimit(limit);
}

class FixedLimit implements Limit {
  readonly current: number;

  constructor(limit: number) {
    this.current = limitInteger("limit", limit);
  }

  update(): number {
    return this.current;
  }
}

/** Whether samples are of no use to it, so that they need not be taken. */
export function isFixed(limit: Limit): boolean {
  return limit instanceof FixedLimit;
}
