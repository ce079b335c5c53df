import type { Clock, TimerHandle } from "../clock.ts";
import { thrownText } from "../thrown-text.ts";
import { isWorkerThread } from "./main-thread.ts";
import { isoTime, ownClock } from "./own-time.ts";
import type { OptimizationsStatus } from "./status.ts";

// Taken before the program can put others in their place.
const { closeSync, constants, lstatSync, openSync, renameSync, rmSync, writeFileSync } =
  process.getBuiltinModule("node:fs");
const { resolve } = process.getBuiltinModule("node:path");

/** Waits for nobody who would read a FIFO; Windows has none. */
const writeFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NONBLOCK ?? 0);

/** In a container each start has the same process id, and one that was killed may have left a file. */
const ownName = [process.pid, ...process.hrtime()].join("-");

/** A program loads its packages one after the other: what changes within this time is written at once, milliseconds. */
const gatherMs = 50;

/** What only counts, such as the calls of a rollout, is as old as this at most, milliseconds. */
const refreshMs = 10_000;

/**
 * Writes the status when everything is applied, soon after a step's state changes, each 10 s if anything else in it has
 * changed, and when the process exits.
 */
export class StatusFile {
  readonly #path: string;
  readonly #status: () => OptimizationsStatus;
  readonly #onExit = (): void => this.#write();
  readonly #clock: Clock;
  #isOpen: boolean;
  #timer: TimerHandle;
  #refresh: TimerHandle;
  /** What is in the file, but for the time. */
  #written = "";

  /** @param path `%p` in it is the process's id; of the folder that is current now, whichever is later */
  constructor(path: string, status: () => OptimizationsStatus, clock: Clock = ownClock) {
    this.#clock = clock;
    this.#path = absolute(path.replaceAll("%p", String(process.pid)));
    this.#status = status;
    this.#isOpen = !isWorkerThread();
    if (!this.#isOpen) return;
    process.on("exit", this.#onExit);
    // After the constructor of who owns this.
    queueMicrotask(() => {
      this.#write();
      this.#refreshLater();
    });
  }

  /** To be told of every change; never keeps the process alive. */
  changed(): void {
    if (!this.#isOpen) return;
    this.#timer ??= this.#clock.setTimeout(() => this.#write(), gatherMs);
  }

  /** What has changed by now is written still. */
  close(): void {
    if (this.#timer !== undefined) this.#write();
    this.#stop();
  }

  #stop(): void {
    this.#isOpen = false;
    process.off("exit", this.#onExit);
    this.#clock.clearTimeout(this.#timer);
    this.#clock.clearTimeout(this.#refresh);
    this.#timer = undefined;
  }

  #refreshLater(): void {
    if (!this.#isOpen) return;
    this.#refresh = this.#clock.setTimeout(() => {
      this.#write(true);
      this.#refreshLater();
    }, refreshMs);
  }

  /** @param isOnlyIfChanged nothing of note is known to have happened */
  #write(isOnlyIfChanged = false): void {
    if (!this.#isOpen) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      const status = this.#status();
      const text = JSON.stringify(status);
      if (isOnlyIfChanged && text === this.#written) return;
      this.#written = text;
      const timed = { writtenAt: isoTime(), ...status };
      replaceFile(this.#path, `${JSON.stringify(timed, undefined, 2)}\n`);
    } catch (error) {
      this.#stop();
      process.emitWarning(`the status can't be written: ${thrownText(error)}`, {
        code: "VICTOR_STATUS_FILE",
      });
    }
  }
}

function absolute(path: string): string {
  try {
    return resolve(path);
  } catch {
    // The current folder is gone, which writing will tell.
    return path;
  }
}

/** A reader sees the old text or the new one, never half of it, where a file may be made beside the path. */
function replaceFile(path: string, text: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  // A device, a FIFO or a link must stay what it is.
  const isReplaceable = found === undefined || found.isFile();
  if (!isReplaceable || !replaced(path, text, found?.mode))
    writeFileSync(path, text, { flag: writeFlags as unknown as string });
}

/** @throws {Error} when there is no room for the text: the old one stays */
function replaced(path: string, text: string, mode = 0o666): boolean {
  const beside = `${path}.${ownName}.tmp`;
  let descriptor: number;
  try {
    // Not into a file that another has put there.
    descriptor = openSync(beside, "wx", mode & 0o777);
  } catch {
    // A folder in which nothing may be made, though the file itself may be written.
    return false;
  }
  let isWritten = false;
  try {
    writeFileSync(descriptor, text);
    isWritten = true;
  } finally {
    closeSync(descriptor);
    if (!isWritten) rmSync(beside, { force: true });
  }
  try {
    renameSync(beside, path);
    return true;
  } catch {
    // As on Windows, while somebody reads it.
    rmSync(beside, { force: true });
    return false;
  }
}
