/** Random numbers that a seed determines wholly (mulberry32). */
export class SeededRandom {
  #state: number;
  constructor(seed: number) {
    // Neighbouring seeds begin far apart.
    this.#state = Math.imul(seed + 1, 0x9e3779b1) | 0;
  }
  /** @returns a number in [0, 1) */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
  /** @returns an integer in [0, bound) */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }
  chance(probability: number): boolean {
    return this.next() < probability;
  }
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

interface Event {
  readonly fire: () => void;
  readonly priority: number;
}

/**
 * How the next event is chosen: `uniform`, each alike; `priority`, each event draws a rank when it is born, so that
 * some are overtaken by all others; `latest`, mostly the youngest, so that old ones starve.
 */
export type Adversary = "uniform" | "priority" | "latest";

/**
 * Time as a pile of events that happen one by one, in an order that an adversary chooses from a seed. Between two
 * ticks every promise that can settle does. The same seed gives the same run.
 */
export class VirtualScheduler {
  readonly random: SeededRandom;
  readonly #adversary: Adversary;
  readonly #events: Event[] = [];
  #now = 0;

  constructor(seed: number, adversary: Adversary) {
    this.random = new SeededRandom(seed);
    this.#adversary = adversary;
  }

  /** Events that have happened. */
  get now(): number {
    return this.#now;
  }

  /** Resolves when the adversary lets this event happen. */
  step(): Promise<void> {
    return new Promise((fire) => {
      this.#events.push({ fire, priority: this.random.next() });
    });
  }

  /**
   * Lets events happen until none is left.
   * @throws {Error} when there are more than `maxEvents`
   */
  async run(maxEvents: number): Promise<void> {
    await settled();
    for (;;) {
      if (this.#events.length === 0) await settled();
      if (this.#events.length === 0) return;
      if (++this.#now > maxEvents) throw new Error(`no end after ${maxEvents} events`);
      this.#take().fire();
      // Now and then several replies come in one tick, and what follows from them interleaves.
      if (this.random.chance(0.7)) await settled();
    }
  }

  #take(): Event {
    const events = this.#events;
    const last = events.length - 1;
    const index = this.#choose(last);
    const event = events[index]!;
    // Age is the order of the array, which `latest` reads.
    if (this.#adversary === "latest") events.splice(index, 1);
    else {
      events[index] = events[last]!;
      events.pop();
    }
    return event;
  }

  #choose(last: number): number {
    if (this.#adversary === "uniform" || this.random.chance(0.1)) return this.random.below(last + 1);
    if (this.#adversary === "latest") return Math.max(0, last - this.random.below(2));
    let best = 0;
    for (let i = 1; i <= last; i++) if (this.#events[i]!.priority > this.#events[best]!.priority) best = i;
    return best;
  }
}

/** Node runs next-tick callbacks only once no promise job is left. */
function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
