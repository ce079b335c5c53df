import { once } from "node:events";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CompareError } from "../errors.ts";
import { thrownText } from "../thrown-text.ts";
import { type ComparedArm, withPort } from "./arm.ts";
import { ProbeChannel } from "./probe-channel.ts";
import type { ProbeSettings } from "./probe-settings.ts";
import { probedEnvironment } from "./probed-environment.ts";
import { Program } from "./program.ts";

/** Where a server is to be reached, and how long to wait for it. */
export interface ServerPlace {
  /** May hold `{port}`. */
  readonly url: string;
  /** Whether each process gets a port of its own. */
  readonly ownPort: boolean;
  /** The URL has to answer; else it is enough that the port is open. */
  readonly answers: boolean;
  readonly startTimeoutMs: number;
  /** For sockets and reports. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
}

const pollMs = 5;
let servers = 0;

/** A server under comparison: its processes, and the probes in them. */
export class RunningServer implements AsyncDisposable {
  readonly program: Program;
  readonly probes: ProbeChannel;
  readonly url: string;
  readonly #place: ServerPlace;
  readonly #onStopped: (heard: boolean) => void;
  readonly #graceMs: number;
  /** From its start until it answered, milliseconds. */
  startUpMs = 0;

  private constructor(
    program: Program,
    probes: ProbeChannel,
    url: string,
    place: ServerPlace,
    stopping: { readonly graceMs: number; readonly onStopped: (heard: boolean) => void },
  ) {
    this.program = program;
    this.probes = probes;
    this.url = url;
    this.#place = place;
    this.#graceMs = stopping.graceMs;
    this.#onStopped = stopping.onStopped;
  }

  /**
   * Starts a program and waits until it answers. When it doesn't, nothing of it is left.
   * @param onStarted is told the process group before anything can go wrong with it
   * @throws {CompareError} `address-in-use`, `not-started`, `crashed`, `not-listening`
   */
  static async start(
    arm: ComparedArm,
    place: ServerPlace,
    stopping: {
      readonly graceMs: number;
      readonly onStarted: (group: number) => Promise<void>;
      readonly onStopped: (heard: boolean) => void;
    },
  ): Promise<RunningServer> {
    const port = place.ownPort ? await freePort() : undefined;
    const url = withPort(place.url, port);
    if ((await tryUrl(url, false)) !== undefined)
      throw new CompareError(
        "address-in-use",
        arm.name,
        `something listens at ${url} already; stop it, or write {port} in the URL so that each process gets a port of its own`,
      );
    const socket = join(place.folder, `p${++servers}`);
    const probes = await ProbeChannel.open(socket);
    try {
      const settings: ProbeSettings = { socket, folder: place.folder };
      const startedMs = performance.now();
      const program = await Program.start({
        arm,
        port,
        env: probedEnvironment(arm, settings),
      });
      const server = new RunningServer(program, probes, url, place, stopping);
      try {
        await stopping.onStarted(program.pid);
        await server.#untilReady();
        server.startUpMs = performance.now() - startedMs;
      } catch (error) {
        await program.stop(0);
        throw error;
      }
      return server;
    } catch (error) {
      probes[Symbol.dispose]();
      throw error;
    }
  }

  async #untilReady(): Promise<void> {
    const { startTimeoutMs, signal, answers, ownPort } = this.#place;
    const deadline = performance.now() + startTimeoutMs;
    let last = ownPort
      ? "nothing listens there; the port to listen on is in the variable PORT"
      : "nothing listens there";
    while (performance.now() < deadline) {
      signal?.throwIfAborted();
      await this.program.checkAlive();
      const answer = await tryUrl(this.url, answers);
      if (answer === "ready") {
        await this.program.checkAlive();
        return;
      }
      if (answer !== undefined) last = answer;
      await sleep(pollMs);
    }
    throw new CompareError(
      "not-listening",
      this.program.arm.name,
      `${this.url} did not answer within ${startTimeoutMs} ms (${last})`,
      this.program.lastLines,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#onStopped(await this.program.stop(this.#graceMs));
    } finally {
      // What can't be stopped must not hold this process, too: its end kills what it guards.
      this.probes[Symbol.dispose]();
    }
  }
}

/** @returns "ready", what is wrong, or `undefined` when nothing listens there */
async function tryUrl(url: string, answers: boolean): Promise<string | undefined> {
  const { hostname, port, protocol } = new URL(url);
  const number = Number(port || (protocol === "https:" ? 443 : 80));
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: number });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(2000) });
  } catch {
    // Refused, or nobody there yet: the caller asks again.
    return undefined;
  } finally {
    socket.destroy();
  }
  if (!answers) return "ready";
  try {
    const { request } = await import("undici");
    const { statusCode, body } = await request(url, { reset: true, signal: AbortSignal.timeout(5000) });
    await body.dump();
    return statusCode < 500 ? "ready" : `status ${statusCode}`;
  } catch (error) {
    return thrownText(error);
  }
}

/** A port of this machine that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (typeof address !== "object" || address === null) throw new Error("no port was assigned");
  return address.port;
}
