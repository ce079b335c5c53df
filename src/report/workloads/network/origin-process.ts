import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { armModule } from "./module-url.ts";
import type { OriginCommand } from "./origin-entry.ts";
import type { OriginOptions, OriginStats } from "./origin-server.ts";

/**
 * An {@link OriginServer} in a process of its own: its CPU time isn't its clients'. It has the resources of
 * `resourceReply`; other replies are asked for by URL.
 */
export class OriginProcess {
  readonly url: string;
  readonly port: number;
  /** PEM of the certificate that a client is to trust. */
  readonly ca: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, at: { url: string; port: number; ca: string }) {
    this.#child = child;
    this.url = at.url;
    this.port = at.port;
    this.ca = at.ca;
  }

  /** @throws when the process ends before it listens */
  static async start(options: OriginOptions = {}): Promise<OriginProcess> {
    const child = fork(fileURLToPath(armModule("origin-entry")), { execArgv: [] });
    const { promise, resolve, reject } = Promise.withResolvers<{ url: string; port: number; ca: string }>();
    child.once("message", resolve);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`origin: ended with code ${code} before it listened`)));
    child.send(options);
    return new OriginProcess(child, await promise);
  }

  stats(): Promise<OriginStats> {
    return this.#ask("stats");
  }

  /** Counts anew; what faults come next begins anew as well. @returns the counts afterwards */
  reset(): Promise<OriginStats> {
    return this.#ask("reset");
  }

  /** Cuts every connection; the server goes on. */
  async cutConnections(): Promise<void> {
    await this.#ask("cut");
  }

  /** Kills the process, as a crash would. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }

  /** @returns the last counts */
  async close(): Promise<OriginStats> {
    const exited = once(this.#child, "exit");
    const stats = await this.#ask("close");
    await exited;
    return stats;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) await this.close();
  }

  async #ask(command: OriginCommand): Promise<OriginStats> {
    const answered = once(this.#child, "message");
    this.#child.send(command);
    const [stats] = (await answered) as [OriginStats];
    return stats;
  }
}
