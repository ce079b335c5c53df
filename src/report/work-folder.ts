import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Files of a process that was killed a moment ago may still come into being. */
const removal = { recursive: true, force: true, maxRetries: 5, retryDelay: 50 } as const;

/** A temporary folder that is gone with its owner: when that is done with it, and when the process exits before. */
export class WorkFolder {
  readonly path = mkdtempSync(join(tmpdir(), "victor-report-"));

  constructor() {
    process.once("exit", this.#remove);
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#remove);
    this.#remove();
  }

  readonly #remove = (): void => rmSync(this.path, removal);
}
