import type { ClassGrowth } from "./leak-report.ts";

/** One object in so many is followed to its end. */
const oneIn = 100;

interface Lives {
  born: number;
  followed: number;
  collected: number;
  /** Estimate of those alive when growth was last begun to be counted. */
  aliveBefore: number;
}

/** How many objects of a class live, by following one in a hundred until it is collected. */
export class LifeSample {
  readonly #lives = new Map<string, Lives>();
  readonly #registry = new FinalizationRegistry<Lives>((lives) => lives.collected++);

  /** An object has come to life. @param name of its class */
  born(name: string, object: WeakKey): void {
    let lives = this.#lives.get(name);
    if (lives === undefined) {
      lives = { born: 0, followed: 0, collected: 0, aliveBefore: 0 };
      this.#lives.set(name, lives);
    }
    if (lives.born++ % oneIn !== 0) return;
    lives.followed++;
    this.#registry.register(object, lives);
  }

  /** Growth counts from now on. */
  begin(): void {
    for (const lives of this.#lives.values()) lives.aliveBefore = aliveOf(lives);
  }

  /** @param seconds since `begin` @returns classes of which more are alive than then, by how many, descending */
  growing(seconds: number): ClassGrowth[] {
    return Array.from(this.#lives, ([name, lives]) => ({
      name,
      rate: (aliveOf(lives) - lives.aliveBefore) / seconds,
    }))
      .filter(({ rate }) => rate > 0)
      .sort((a, b) => b.rate - a.rate);
  }
}

function aliveOf({ born, followed, collected }: Lives): number {
  return followed === 0 ? 0 : born * (1 - collected / followed);
}
