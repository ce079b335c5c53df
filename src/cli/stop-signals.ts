import { type Clock, systemClock } from "../clock.ts";

/** Of a person, of who runs this, and of a terminal that is closed. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The same signal again so soon is no second one: `timeout` sends it to the process and to its group. */
const sameMs = 300;

/** Aborts a run at the first signal, so that it can tell what it has measured, and leaves at the second. */
export class StopSignals implements Disposable {
  readonly #stop = new AbortController();
  readonly #say: (name: NodeJS.Signals) => void;
  readonly #clock: Clock;
  readonly #leave: () => void;
  #first: { readonly name: NodeJS.Signals; readonly atMs: number } | undefined;

  /** @param say is told the first one */
  constructor(
    say: (name: NodeJS.Signals) => void,
    clock: Clock = systemClock,
    leave: () => void = () => process.exit(130),
  ) {
    this.#say = say;
    this.#clock = clock;
    this.#leave = leave;
    for (const name of signals) process.on(name, this.hear);
  }

  /** Aborts at the first one. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  readonly hear = (name: NodeJS.Signals): void => {
    const atMs = this.#clock.now();
    if (this.#first !== undefined) {
      if (name !== this.#first.name || atMs - this.#first.atMs > sameMs) this.#leave();
      return;
    }
    this.#first = { name, atMs };
    this.#say(name);
    this.#stop.abort(new Error(name));
  };

  [Symbol.dispose](): void {
    for (const name of signals) process.off(name, this.hear);
  }
}
