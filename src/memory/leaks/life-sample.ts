import { LifeCycle } from "../profile/life-cycle.ts";
import type { ClassGrowth } from "./leak-report.ts";

interface Lives {
  readonly cycle: LifeCycle;
  /** Estimate of those alive when growth was last begun to be counted. */
  aliveBefore: number;
}

/** How many objects of a class live, by following some of them until they are collected. */
export class LifeSample implements Disposable {
  readonly #lives = new Map<string, Lives>();

  /** An object has come to life. @param name of its class */
  born(name: string, object: WeakKey): void {
    let lives = this.#lives.get(name);
    if (lives === undefined) {
      lives = { cycle: new LifeCycle(name), aliveBefore: 0 };
      this.#lives.set(name, lives);
    }
    lives.cycle.born(object as object);
  }

  /** Growth counts from now on. */
  begin(): void {
    for (const lives of this.#lives.values()) lives.aliveBefore = lives.cycle.stats().alive;
  }

  /** @param seconds since `begin` @returns classes of which more are alive than then, by how many, descending */
  growing(seconds: number): ClassGrowth[] {
    return Array.from(this.#lives, ([name, { cycle, aliveBefore }]) => ({
      name,
      rate: (cycle.stats().alive - aliveBefore) / seconds,
    }))
      .filter(({ rate }) => rate > 0)
      .sort((a, b) => b.rate - a.rate);
  }

  [Symbol.dispose](): void {
    for (const { cycle } of this.#lives.values()) cycle.close();
    this.#lives.clear();
  }
}
