import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { isatty } from "node:tty";
import { type Clock, systemClock, type TimerHandle } from "../../clock.ts";
import { ProfileTargetError } from "../../errors.ts";
import { thrownText } from "../../thrown-text.ts";
import { stopBlockedProgram } from "./attach-program.ts";
import { mainProcessFile } from "./preload-settings.ts";
import { type RecordingOptions, resolveRecording } from "./profile-options.ts";
import { prepareCommand } from "./program-command.ts";
import { readRecordings } from "./recorded-files.ts";
import type { ProgramRecording } from "./recorded-thread.ts";
import { isTraceFolder } from "./trace-deopts.ts";

export interface RecordProgramOptions extends RecordingOptions {
  /** Record processes that the program starts, too. @default false */
  readonly children?: boolean;
  /**
   * Let V8 trace the main thread's deoptimizations. V8 ends a program that has no file descriptor left, gives up its user or
   * changes its root while it is traced.
   * @default false
   */
  readonly deopts?: boolean;
  /** Called with what the person at the terminal should know while the program runs. */
  readonly notice?: (message: string) => void;
  /** @default systemClock */
  readonly clock?: Clock;
}

/** A program that has run. Its files are deleted when it is disposed of; read the recordings before. */
export interface ProgramRun {
  /** Its exit code; 128 + the signal's number when a signal ended it, 0 when that was ours after `durationMs`. */
  readonly exitCode: number;
  /** What was started first and is no package manager comes first. */
  readonly recordings: readonly ProgramRecording[];
  [Symbol.dispose](): void;
}

/** Signals that the profiler is sent but means the program. */
const forwarded: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
/** A program that has not ended so long after a signal may be unable to hear it. */
const deafMs = 1000;
const saveEveryMs = 15_000;
const pollMs = 50;

/**
 * Runs a program to its end and records it: its arguments, environment, standard streams and signals are its own.
 * @param command ≥ 1 word
 * @throws {RangeError} for an option out of its bounds
 * @throws {ProfileTargetError} `VICTOR_PROFILE_TARGET` when it can't be started, or no Node process of it was recorded
 */
export async function recordProgram(
  command: readonly string[],
  options: RecordProgramOptions = {},
): Promise<ProgramRun> {
  const { durationMs, ...sampling } = resolveRecording(options);
  const { children = false, deopts = false, notice = () => {}, clock = systemClock } = options;
  const dir = mkdtempSync(join(tmpdir(), "victor-profile-"));
  const dispose = (): void => rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  try {
    if (deopts && !isTraceFolder(dir))
      throw new RangeError(
        `deopts: expected a folder for temporary files with a short path without white space, got ${tmpdir()}; set TMPDIR`,
      );
    const prepared = prepareCommand(command, process.env, {
      dir,
      saveEveryMs,
      children,
      deopts,
      ...sampling,
    });
    const child = spawn(prepared.file, prepared.args, { stdio: "inherit", env: prepared.env });
    const watch = new ProgramWatch(child, dir, clock, notice);
    const exitCode = await watch.ended(durationMs);
    const recordings = inOrder(readRecordings(dir), mainProcess(dir));
    if (recordings.length === 0) throw noRecording(command, exitCode);
    return { exitCode, recordings, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

function noRecording([file = ""]: readonly string[], exitCode: number): ProfileTargetError {
  return new ProfileTargetError(
    "no-recording",
    `${file}: ended with code ${exitCode} and left no recording; it has to be a Node program (Node ≥ 22.12), and one that is killed leaves none before its first save after ${saveEveryMs / 1000} s`,
  );
}

function mainProcess(dir: string): number | undefined {
  const path = join(dir, mainProcessFile);
  return existsSync(path) ? Number(readFileSync(path, "utf8")) : undefined;
}

function inOrder(recordings: Map<number, ProgramRecording>, main: number | undefined): ProgramRecording[] {
  return Array.from(recordings)
    .sort(([a], [b]) => Number(b === main) - Number(a === main) || a - b)
    .map(([, recording]) => recording);
}

/** Waits for a program, hands signals on to it, and gets at one that is too busy to hear them. */
class ProgramWatch {
  readonly #child: ChildProcess;
  readonly #dir: string;
  readonly #clock: Clock;
  readonly #notice: (message: string) => void;
  #interrupts = 0;
  #timedOut = false;
  #timer: TimerHandle;

  constructor(child: ChildProcess, dir: string, clock: Clock, notice: (message: string) => void) {
    this.#child = child;
    this.#dir = dir;
    this.#clock = clock;
    this.#notice = notice;
  }

  /** @returns the exit code */
  async ended(durationMs: number | undefined): Promise<number> {
    const listeners = forwarded.map((signal) => [signal, () => this.#onSignal(signal)] as const);
    for (const [signal, listener] of listeners) process.on(signal, listener);
    if (durationMs !== undefined) this.#limit(durationMs);
    try {
      return await new Promise<number>((resolve, reject) => {
        this.#child.once("error", (error) => reject(notStarted(this.#child, error)));
        this.#child.once("exit", (code, signal) =>
          resolve(this.#timedOut ? 0 : (code ?? 128 + constants.signals[signal ?? "SIGKILL"])),
        );
      });
    } finally {
      this.#clock.clearTimeout(this.#timer);
      for (const [signal, listener] of listeners) process.off(signal, listener);
    }
  }

  /** Counted from when the recording begins: on a busy machine, Node takes a while to get there. */
  #limit(durationMs: number): void {
    this.#timer =
      mainProcess(this.#dir) === undefined
        ? this.#clock.setTimeout(() => this.#limit(durationMs), pollMs)
        : this.#clock.setTimeout(() => this.#timeOut(), durationMs);
  }

  #timeOut(): void {
    this.#timedOut = true;
    this.#child.kill("SIGTERM");
    this.#reachIfDeaf("SIGTERM");
  }

  #onSignal(signal: NodeJS.Signals): void {
    this.#interrupts++;
    if (this.#interrupts > 2) {
      this.#notice(
        `${signal} for the third time: the program is killed; what came after its last save is lost`,
      );
      this.#killAll();
      return;
    }
    // A terminal sends it to the program as well, and some programs take a second one for "at once".
    if (signal !== "SIGINT" || !isatty(0)) this.#child.kill(signal);
    this.#reachIfDeaf(signal);
  }

  #reachIfDeaf(signal: NodeJS.Signals): void {
    this.#clock.setTimeout(() => {
      const pid = mainProcess(this.#dir);
      if (pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
      stopBlockedProgram(pid, signal).catch((error: unknown) => {
        const why = thrownText(error);
        this.#notice(`the program has not ended yet (${why}); ${signal} two more times kills it`);
      });
    }, deafMs);
  }

  #killAll(): void {
    this.#child.kill("SIGKILL");
    const pid = mainProcess(this.#dir);
    if (pid === undefined || pid === this.#child.pid) return;
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

function notStarted(child: ChildProcess, error: Error): ProfileTargetError {
  return new ProfileTargetError("not-started", `${child.spawnfile}: can't be started (${error.message})`, {
    cause: error,
  });
}
