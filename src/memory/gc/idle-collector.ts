import type { TimerHandle } from "../../clock.ts";
import type { GcGround } from "./gc-ground.ts";

/** So busy the event loop may have been for it to count as idle. */
const idleShare = 0.02;

/** Work since the last collection, in active milliseconds, below which there is hardly anything to collect. */
const minWorkMs = 20;

/** Gives memory back while nobody waits: collects all, once, after each stretch of work that an idle one follows. */
export class IdleCollector {
  readonly #ground: GcGround;
  readonly #idleMs: number;
  readonly #collectAll: () => void;
  #timer: TimerHandle | undefined;
  #lastActiveMs: number;
  #workMs = 0;
  #collections = 0;

  /** @param idleMs length of the idle stretch, > 0 */
  constructor(ground: GcGround, idleMs: number, collectAll: () => void) {
    this.#ground = ground;
    this.#idleMs = idleMs;
    this.#collectAll = collectAll;
    this.#lastActiveMs = ground.activeMs();
    this.#arm();
  }

  get collections(): number {
    return this.#collections;
  }

  close(): void {
    if (this.#timer !== undefined) this.#ground.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    this.#timer = this.#ground.clock.setTimeout(() => this.#look(), this.#idleMs);
  }

  #look(): void {
    const activeMs = this.#ground.activeMs();
    const workedMs = activeMs - this.#lastActiveMs;
    this.#workMs += workedMs;
    if (workedMs <= this.#idleMs * idleShare && this.#workMs >= minWorkMs) {
      this.#collectAll();
      this.#collections++;
      this.#workMs = 0;
    }
    // Read after the collection, which is no work of the program.
    this.#lastActiveMs = this.#ground.activeMs();
    this.#arm();
  }
}
