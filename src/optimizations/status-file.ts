import { thrownText } from "../thrown-text.ts";
import { isWorkerThread } from "./main-thread.ts";
import type { OptimizationsStatus } from "./status.ts";

/** Writes the status when everything is applied, and when the process exits. */
export class StatusFile {
  readonly #path: string;
  readonly #status: () => OptimizationsStatus;
  readonly #onExit = (): void => this.#write();

  /** @param path `%p` in it is the process's id */
  constructor(path: string, status: () => OptimizationsStatus) {
    this.#path = path.replaceAll("%p", String(process.pid));
    this.#status = status;
    if (isWorkerThread()) return;
    process.on("exit", this.#onExit);
    // After the constructor of who owns this.
    queueMicrotask(this.#onExit);
  }

  close(): void {
    process.off("exit", this.#onExit);
  }

  #write(): void {
    try {
      process
        .getBuiltinModule("node:fs")
        .writeFileSync(this.#path, `${JSON.stringify(this.#status(), undefined, 2)}\n`);
    } catch (error) {
      process.off("exit", this.#onExit);
      process.emitWarning(`the status can't be written: ${thrownText(error)}`, {
        code: "VICTOR_STATUS_FILE",
      });
    }
  }
}
