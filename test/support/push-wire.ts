import type { PushWire } from "../../src/metrics/export/push-loop.ts";

/** A server that a test holds in its hand: it takes, refuses or never answers. */
export class HeldWire implements PushWire {
  mode: "takes" | "refuses" | "hangs" = "takes";
  readonly received: string[] = [];
  /** A `send` that hangs goes on hanging after `reset`, as one that waits for a name server does. */
  deaf = false;
  attempts = 0;
  resets = 0;
  #hanging: PromiseWithResolvers<void> | undefined;

  send(bytes: Uint8Array): Promise<void> {
    this.attempts++;
    if (this.mode === "refuses") return Promise.reject(new Error("refused"));
    if (this.mode === "hangs") {
      this.#hanging = Promise.withResolvers<void>();
      return this.#hanging.promise;
    }
    this.received.push(Buffer.from(bytes).toString());
    return Promise.resolve();
  }

  reset(): void {
    this.resets++;
    if (!this.deaf) this.#hanging?.reject(new Error("reset"));
    this.#hanging = undefined;
  }
}
