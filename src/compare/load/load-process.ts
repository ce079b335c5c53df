import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { CompareError } from "../../errors.ts";
import type { LoadReply, LoadRequest } from "./load-protocol.ts";

const entry = fileURLToPath(
  new URL(`./load-child${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url),
);

/** The process that sends requests, apart from the one that measures. One order at a time. */
export class LoadProcess {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(entry, { execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  }

  /** @throws {CompareError} `load-failed` */
  async ask<T>(request: LoadRequest): Promise<T> {
    const arm = "arm" in request ? request.arm : "load";
    const reply = await new Promise<LoadReply>((resolve, reject) => {
      const settle = (finish: () => void): void => {
        this.#child.off("message", onMessage).off("exit", onExit);
        finish();
      };
      const onMessage = (message: unknown) => settle(() => resolve(message as LoadReply));
      const onExit = () =>
        settle(() => reject(new CompareError("load-failed", arm, "the load process has ended")));
      this.#child.on("message", onMessage).on("exit", onExit);
      if (this.#child.connected) this.#child.send(request);
      else onExit();
    });
    if ("error" in reply) throw new CompareError("load-failed", arm, reply.error);
    return reply.result as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    if (this.#child.connected) this.#child.disconnect();
    await exited;
  }
}
