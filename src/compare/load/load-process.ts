import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { CompareError } from "../../errors.ts";
import type { LoadReply, LoadRequest, Numbered } from "./load-protocol.ts";

const entry = fileURLToPath(
  new URL(`./load-child${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url),
);

/** How long it may take to end; a script that never gives the thread back would not. */
const endMs = 2000;

/** The process that sends requests, apart from the one that measures. One order at a time. */
export class LoadProcess {
  readonly #child: ChildProcess;
  readonly #signal: AbortSignal | undefined;
  #groups: readonly number[] = [];
  #orders = 0;

  /** @param signal gives up what is asked, but for the guard */
  constructor(signal?: AbortSignal) {
    this.#signal = signal;
    this.#child = fork(entry, { execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
    // Killed while an order was on its way to it: `exit` follows.
    this.#child.on("error", () => undefined);
  }

  /** Process groups to kill should this process end before they do. */
  async guard(groups: readonly number[]): Promise<void> {
    this.#groups = groups;
    await this.#send({ type: "guard", groups }, undefined);
  }

  /** Kills the groups and the load process at once, for a process that is about to exit. */
  abandon(): void {
    for (const group of this.#groups) {
      try {
        process.kill(-group, "SIGKILL");
      } catch {
        // It has ended.
      }
    }
    this.#child.kill("SIGKILL");
  }

  /** @throws {CompareError} `load-failed`; the signal's reason, however long a script may keep the process busy */
  async ask<T>(request: LoadRequest): Promise<T> {
    return (await this.#send(request, this.#signal)) as T;
  }

  async #send(request: LoadRequest, signal: AbortSignal | undefined): Promise<unknown> {
    const id = ++this.#orders;
    const arm = "arm" in request ? request.arm : "load";
    const reply = await new Promise<LoadReply>((resolve, reject) => {
      const settle = (finish: () => void): void => {
        this.#child.off("message", onMessage).off("exit", onExit);
        signal?.removeEventListener("abort", onAbort);
        finish();
      };
      const onMessage = (message: unknown) => {
        if ((message as LoadReply).id === id) settle(() => resolve(message as LoadReply));
      };
      const onAbort = () => settle(() => reject(signal?.reason));
      // One that the system didn't start has no id, and never ends.
      const isBorn = this.#child.pid !== undefined;
      const why = `the load process ${isBorn ? "has ended" : "can't be started"}`;
      const onExit = () => settle(() => reject(new CompareError("load-failed", arm, why)));
      this.#child.on("message", onMessage).on("exit", onExit);
      signal?.addEventListener("abort", onAbort);
      if (signal?.aborted) onAbort();
      else if (isBorn && this.#child.connected) this.#child.send({ ...request, id } satisfies Numbered);
      else onExit();
    });
    if ("error" in reply) throw new CompareError("load-failed", arm, reply.error);
    return reply.result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.pid === undefined) return;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), endMs);
    await exited;
    clearTimeout(timer);
  }
}
