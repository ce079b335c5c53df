import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { type Clock, systemClock } from "../clock.ts";
import type { ProbeFigures } from "./probe-settings.ts";

/** A process that is too busy to answer so long isn't waited for. */
const answerMs = 3000;

/** Talks to the probes of one program: each of its Node processes has one. */
export class ProbeChannel {
  readonly #server: Server;
  readonly #probes = new Set<Socket>();
  readonly #clock: Clock;

  private constructor(clock: Clock) {
    this.#clock = clock;
    this.#server = createServer((probe) => {
      this.#probes.add(probe);
      probe.setEncoding("utf8");
      // A program may be killed while an order is on its way to it.
      probe.on("error", () => probe.destroy());
      probe.on("close", () => this.#probes.delete(probe));
    });
  }

  /** @param path where the probes connect: a socket's file, or a pipe's name */
  static async open(path: string, clock: Clock = systemClock): Promise<ProbeChannel> {
    const channel = new ProbeChannel(clock);
    channel.#server.listen(path);
    await once(channel.#server, "listening");
    return channel;
  }

  /** What is reported counts from now on. */
  begin(): void {
    for (const probe of this.#probes) probe.write("0");
  }

  /** @returns a report of each process that is alive and answers in time */
  async report(): Promise<ProbeFigures[]> {
    const answers = await Promise.all(Array.from(this.#probes, (probe) => this.#ask(probe)));
    return answers.filter((answer) => answer !== undefined);
  }

  #ask(probe: Socket): Promise<ProbeFigures | undefined> {
    return new Promise((resolve) => {
      let text = "";
      const finish = (answer: ProbeFigures | undefined): void => {
        this.#clock.clearTimeout(timer);
        probe.off("data", onData).off("close", onClose);
        resolve(answer);
      };
      const onData = (more: string): void => {
        text += more;
        if (text.endsWith("\n")) finish(readFigures(text));
      };
      const onClose = (): void => finish(undefined);
      const timer = this.#clock.setTimeout(onClose, answerMs);
      probe.on("data", onData).on("close", onClose);
      probe.write("?");
    });
  }

  [Symbol.dispose](): void {
    for (const probe of this.#probes) probe.destroy();
    this.#server.close();
  }
}

/** @returns `undefined` for what no probe of ours has written, or not to its end */
export function readFigures(text: string): ProbeFigures | undefined {
  try {
    const { pid, gcMs, loopDelayP99Ms } = JSON.parse(text) as ProbeFigures;
    return Number.isFinite(gcMs) && Number.isFinite(loopDelayP99Ms)
      ? { pid, gcMs, loopDelayP99Ms }
      : undefined;
  } catch {
    return undefined;
  }
}
