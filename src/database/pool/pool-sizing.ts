/** What the pool's decisions rest on: pure arithmetic, in milliseconds. */

/**
 * A waiter may be served this much later, as a share of the time to connect, if that saves a connection.
 * It is also the slack that an estimate is given before it counts as wrong.
 */
export const tolerance = 0.25;

/** The state of a pool at the moment of a decision. */
export interface Demand {
  /** Callers in the queue, ≥ 0. */
  readonly waiting: number;
  /** Connections that are out and will come back, ≥ 0. */
  readonly present: number;
  /** Mean time that a caller keeps a connection; `undefined` before the first came back. */
  readonly useMs: number | undefined;
  /** Mean time that it takes to connect; `undefined` before the first has. */
  readonly connectMs: number | undefined;
}

/**
 * How many connections should be on their way, so that every waiter is reached by (1 + τ) × connectMs with the
 * fewest connections opened.
 *
 *     reached(k) = (present × (1 + τ) × connectMs + k × τ × connectMs) / useMs
 *     needed     = the smallest k with reached(k) ≥ waiting,
 *                  at most waiting − ⌊present × connectMs / useMs⌋
 *
 * The present connections give 1 back every useMs / present; a new one starts after connectMs and then serves, too.
 * The upper bound says that a new connection must find at least one waiter whom the present ones haven't reached
 * by then. τ is `tolerance`.
 *
 * Without history: nothing has ever been opened, so one for each waiter; something is out and nothing has come back
 * yet, so none for now: after τ × connectMs `patienceMs` is over, and the waiters count as overdue.
 * @returns connections, from 0 to `waiting`, those in flight included
 */
export function connectionsNeeded({ waiting, present, useMs, connectMs }: Demand): number {
  if (waiting === 0) return 0;
  if (connectMs === undefined) return waiting;
  if (useMs === undefined) return present === 0 ? waiting : 0;
  const use = Math.max(useMs, shortestMs);
  const reached = (present * (1 + tolerance) * connectMs) / use;
  if (reached >= waiting) return 0;
  const each = (tolerance * connectMs) / use;
  const unreached = waiting - Math.floor((present * connectMs) / use);
  return Math.min(Math.ceil((waiting - reached) / Math.max(each, shortestMs)), unreached);
}

/** Durations below the clock's grain count as this, so that nothing is divided by zero. */
const shortestMs = 0.001;

/**
 * How often the present connections must come back until the newest waiter has its turn.
 * @returns 0 when none is present
 */
export function roundsAhead(waiting: number, present: number): number {
  return present === 0 ? 0 : Math.ceil(waiting / present);
}

/**
 * How long a waiter is left to the present connections before the estimate counts as wrong for it.
 *
 *     patience = min(useMs × rounds, connectMs) + τ × connectMs
 *
 * @param rounds `roundsAhead` when the waiter came
 * @returns milliseconds; `Infinity` while nothing has ever been opened, as there is nothing to compare with
 */
export function patienceMs(rounds: number, means: Pick<Demand, "useMs" | "connectMs">): number {
  const { useMs = 0, connectMs = Number.POSITIVE_INFINITY } = means;
  return Math.min(useMs * rounds, connectMs) + tolerance * connectMs;
}

const retryBaseMs = 50;
const retryMaxMs = 5_000;

/**
 * The pause after connecting has failed: min(50 × 2^(failures − 1), 5000), of which half is random.
 * @param failures in a row, ≥ 1
 * @param random from 0 to 1
 */
export function retryDelayMs(failures: number, random: number): number {
  return Math.min(retryBaseMs * 2 ** (failures - 1), retryMaxMs) * (0.5 + random / 2);
}

/**
 * The age at which a connection is retired: up to 2.5 % before `maxLifetimeMs`, as in HikariCP.
 * @param random from 0 to 1
 */
export function lifetimeMs(maxLifetimeMs: number, random: number): number {
  return maxLifetimeMs === Number.POSITIVE_INFINITY ? maxLifetimeMs : maxLifetimeMs * (1 - 0.025 * random);
}

/** The mean of what was added, in which the last `span` values weigh most; plain until there are as many. */
export class MovingMean {
  readonly #span: number;
  #count = 0;
  #value = 0;
  /** @param span values, ≥ 1 */
  constructor(span: number) {
    this.#span = span;
  }
  /** `undefined` while nothing was added. */
  get value(): number | undefined {
    return this.#count === 0 ? undefined : this.#value;
  }
  add(value: number): void {
    if (this.#count < this.#span) this.#count++;
    this.#value += (value - this.#value) / this.#count;
  }
}

/** What an idle connection needs next, and when. */
export interface Care {
  readonly what: "retire" | "ping";
  /** In the clock's milliseconds; `Infinity` for never. */
  readonly at: number;
}

/**
 * An idle connection is retired when it has become too old, or when it has been idle for too long and there are more
 * than `minSize`; between, it is pinged `keepaliveMs` after it was last seen alive.
 */
export function nextCare(
  slot: { readonly expiresAt: number; readonly idleSince: number; readonly aliveAt: number },
  isAboveMinimum: boolean,
  options: { readonly idleTimeoutMs: number; readonly keepaliveMs: number },
): Care {
  const idleUntil = isAboveMinimum ? slot.idleSince + options.idleTimeoutMs : Number.POSITIVE_INFINITY;
  const retireAt = Math.min(slot.expiresAt, idleUntil);
  const pingAt = slot.aliveAt + options.keepaliveMs;
  return retireAt <= pingAt ? { what: "retire", at: retireAt } : { what: "ping", at: pingAt };
}
