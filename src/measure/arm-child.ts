import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { systemClock } from "../clock.ts";
import { ArmError, DeadlineError } from "../errors.ts";
import type { ArmSpec } from "./arm.ts";
import { type ArmOutcome, type ArmReply, type ArmRequest, isReply, type RoundTimes } from "./arm-protocol.ts";

/** Beside this file, `.ts` in source and `.js` when built. */
const entry = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "./arm-process.ts" : "./arm-process.js", import.meta.url),
);

/** So much of what a child printed last is kept, to explain its death. */
const outputTailChars = 8192;

/** The rest of a dead child's output may take so long to arrive. */
const outputGraceMs = 500;

/** Children that run; those are killed when this process exits, for one that never yields wouldn't notice. */
const running = new Set<ChildProcess>();

function killRunning(): void {
  for (const child of running) child.kill("SIGKILL");
}

interface Pending {
  readonly step: ArmRequest["type"];
  resolve(reply: ArmReply): void;
  reject(error: Error): void;
}

/** Parent's side of one arm in one child process. Answers one request at a time; a failed child stays failed. */
export class ArmChild {
  readonly name: string;
  /** Finest step of the child's clock in nanoseconds; known after `setup`. */
  timerNs = 0;
  /** Settles when the process is gone. */
  readonly gone: Promise<void>;
  readonly #process: ChildProcess;
  readonly #timeoutMs: number;
  #pending: Pending | undefined;
  #failure: ArmError | undefined;
  #output = "";

  /** Starts the process. @param timeoutMs for each request, > 0 */
  constructor(spec: ArmSpec, timeoutMs: number) {
    this.name = spec.name;
    this.#timeoutMs = timeoutMs;
    const child = fork(entry, {
      execArgv: [...(spec.nodeArgs ?? [])],
      serialization: "advanced",
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.#process = child;
    const keep = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString()).slice(-outputTailChars);
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    child.on("message", (reply: unknown) => this.#receive(reply));
    // One listener for all, however many arms there are.
    // Before other listeners, which may clear away what a child still writes to.
    if (running.size === 0) process.prependListener("exit", killRunning);
    running.add(child);
    this.gone = new Promise((resolve) => {
      const settle = (why: string, options?: ErrorOptions): void => {
        if (running.delete(child) && running.size === 0) process.off("exit", killRunning);
        child.stdout?.destroy();
        child.stderr?.destroy();
        this.#fail("start", why, options);
        resolve();
      };
      child.on("error", (error) => {
        if (child.pid === undefined) settle(error.message, { cause: error });
        else this.#fail("start", error.message, { cause: error });
      });
      child.once("exit", (code, signal) => {
        const explain = (): void => {
          systemClock.clearTimeout(timer);
          const how = signal === null ? `exited with code ${code}` : `was killed by ${signal}`;
          const said = this.#output.trim();
          settle(`the process ${how}${said === "" ? "" : `; it printed:\n${said}`}`);
        };
        // "close" comes when the output is complete, which explains the exit; but a process that the arm has started
        // may hold the pipes open for ever.
        const timer = systemClock.setTimeout(explain, outputGraceMs);
        child.once("close", explain);
      });
    });
  }

  /** Loads the module and calls its setup. @throws {ArmError} */
  async setup(module: string, exportName: string, args: unknown): Promise<void> {
    const reply = await this.#ask({ type: "setup", module, exportName, args });
    if (reply.type === "ready") this.timerNs = reply.timerNs;
  }

  /** Runs one timed round. @throws {ArmError} */
  async round(count: number): Promise<RoundTimes> {
    return (await this.#ask({ type: "round", count })) as Extract<ArmReply, { type: "round" }>;
  }

  /** Asks for answer and counters, and closes the arm; its last request. @throws {ArmError} */
  async finish(): Promise<ArmOutcome> {
    return (await this.#ask({ type: "finish" })) as Extract<ArmReply, { type: "finished" }>;
  }

  /** After `finish`, waits for the process to exit by itself, as flags like `--cpu-prof` need it; kills it after `graceMs`. */
  async leave(graceMs: number): Promise<void> {
    const timer = systemClock.setTimeout(() => this.#process.kill("SIGKILL"), graceMs);
    await this.gone;
    systemClock.clearTimeout(timer);
  }

  /** Ends the process, however busy it is, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.gone;
  }

  async #ask(request: ArmRequest): Promise<ArmReply> {
    if (this.#failure) throw this.#failure;
    const { promise, resolve, reject } = Promise.withResolvers<ArmReply>();
    this.#pending = { step: request.type, resolve, reject };
    const timer =
      this.#timeoutMs === Number.POSITIVE_INFINITY
        ? undefined
        : systemClock.setTimeout(() => {
            const cause = new DeadlineError(`arm ${this.name}: ${request.type}`, this.#timeoutMs);
            this.#fail(request.type, `no reply within ${this.#timeoutMs} ms`, { cause });
            this.#process.kill("SIGKILL");
          }, this.#timeoutMs);
    this.#process.send(request, (error) => {
      // A closed channel is only the shadow of the exit, which "close" explains better.
      if (error && this.#process.connected) this.#fail(request.type, error.message, { cause: error });
    });
    try {
      return await promise;
    } finally {
      this.#pending = undefined;
      if (timer !== undefined) systemClock.clearTimeout(timer);
    }
  }

  #receive(reply: unknown): void {
    if (!isReply(reply, this.#pending?.step)) {
      const shown = inspect(reply, { depth: 1, breakLength: Number.POSITIVE_INFINITY }).slice(0, 200);
      this.#fail(
        "between rounds",
        `sent a message that is no answer: ${shown}; process.send in an arm is the runner's own channel, and ` +
          "counters have to be numbers",
      );
      return;
    }
    if (reply.type !== "failed") {
      this.#pending?.resolve(reply);
      return;
    }
    const cause = new Error(reply.message);
    if (reply.stack !== undefined) cause.stack = reply.stack;
    this.#fail("between rounds", reply.message, { cause });
  }

  #fail(stepWhenIdle: string, why: string, options?: ErrorOptions): void {
    this.#failure ??= new ArmError(this.name, this.#pending?.step ?? stepWhenIdle, why, options);
    this.#pending?.reject(this.#failure);
  }
}
