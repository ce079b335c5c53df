import { type ChildProcess, spawn } from "node:child_process";
import { createHash, type Hash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { CompareError } from "../errors.ts";
import { type ComparedArm, withPort } from "./arm.ts";
import { OutputTail } from "./output-tail.ts";
import { ProcessTree } from "./process-tree.ts";

/** How a program ended. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What it takes to start one. */
export interface StartRequest {
  readonly arm: ComparedArm;
  readonly port?: number | undefined;
  readonly env: NodeJS.ProcessEnv;
}

const pollMs = 25;
const lastOutputMs = 1000;

/** A started program, in a session of its own, with all processes that it starts. */
export class Program {
  readonly arm: ComparedArm;
  readonly pid: number;
  readonly tree: ProcessTree;
  readonly ended: Promise<ProgramEnd>;
  readonly #closed: Promise<void>;
  readonly #child: ChildProcess;
  readonly #tail: OutputTail;
  readonly #written: Hash;
  #end: ProgramEnd | undefined;

  private constructor(arm: ComparedArm, child: ChildProcess, tail: OutputTail, written: Hash) {
    this.arm = arm;
    this.#written = written;
    this.#child = child;
    this.#tail = tail;
    this.pid = child.pid!;
    this.tree = new ProcessTree(this.pid);
    this.#closed = new Promise((resolve) => child.once("close", () => resolve()));
    this.ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        this.#end = { code, signal };
        resolve(this.#end);
      });
    });
  }

  /** @throws {CompareError} `not-started` */
  static async start({ arm, port, env }: StartRequest): Promise<Program> {
    const shell = typeof arm.command === "string";
    const words = typeof arm.command === "string" ? [arm.command] : arm.command;
    const [file = "", ...args] = words.map((word) => withPort(word, port));
    const notStarted = (error: unknown): CompareError =>
      new CompareError("not-started", arm.name, (error as Error).message, [], { cause: error });
    const start = () =>
      spawn(file, args, {
        shell,
        // Its own session: signals reach all that it starts, and a terminal's Ctrl-C reaches only us.
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...env, ...(port !== undefined && { PORT: String(port) }) },
      });
    let child: ReturnType<typeof start>;
    try {
      child = start();
    } catch (error) {
      // Node tells some of the system's refusals at once, such as a command that is too long.
      throw notStarted(error);
    }
    // Where there is no file descriptor left, there are no streams either: first of all, whether it runs.
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (error) => reject(notStarted(error)));
    });
    const tail = new OutputTail();
    const written = createHash("sha256");
    child.stdout.on("data", (bytes: Buffer) => written.update(bytes));
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (bytes: Buffer) => tail.add(stream, bytes.toString("utf8")));
    return new Program(arm, child, tail, written);
  }

  /** Waits until what it wrote is read, when it has ended; not for what children of it may still write. */
  async allRead(): Promise<void> {
    await Promise.race([this.#closed, sleep(lastOutputMs)]);
  }

  /** Digest of all that it has written to standard output. To be asked for once. */
  digest(): string {
    return this.#written.digest("base64url").slice(0, 16);
  }

  get lastLines(): readonly string[] {
    return this.#tail.lines;
  }

  /** @throws {CompareError} `crashed` when it runs no more */
  async checkAlive(): Promise<void> {
    if (this.#end === undefined) return;
    await this.allRead();
    throw new CompareError("crashed", this.arm.name, `ended ${endText(this.#end)}`, this.lastLines);
  }

  /**
   * Ends it and all its processes: SIGTERM, and SIGKILL to what is left after the grace.
   * @returns whether SIGTERM was enough
   */
  async stop(graceMs: number): Promise<boolean> {
    // Looked at before, since what has left the session can't be found when its parent is gone.
    this.tree.scan();
    signal(-this.pid, "SIGTERM");
    const deadline = performance.now() + graceMs;
    while (this.#isRunning() && performance.now() < deadline) await sleep(pollMs);
    const heard = !this.#isRunning();
    while (this.#isRunning()) {
      signal(-this.pid, "SIGKILL");
      for (const pid of this.tree.scan()) signal(pid, "SIGKILL");
      await sleep(pollMs);
    }
    // Output that a child of it still holds open would keep this process alive.
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    return heard;
  }

  #isRunning(): boolean {
    return this.#end === undefined || this.tree.scan().length > 0;
  }
}

export function endText({ code, signal }: ProgramEnd): string {
  return signal === null ? `with code ${code}` : `by ${signal}`;
}

/** A process that has gone already is no failure. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
