import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { QueryOptions } from "../../src/database/index.ts";
import type { TieredNodeReply, TieredNodeRequest, TieredNodeSettings } from "./tiered-node.ts";

type Answer = Extract<TieredNodeReply, { told: "answer" }>;

/** A process with an optimizer of a fleet. */
export class TieredProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #answers = new Map<number, PromiseWithResolvers<Answer>>();
  readonly #heard = new Map<string, PromiseWithResolvers<void>>();
  #count = 0;

  private constructor() {
    this.#child = fork(fileURLToPath(new URL("tiered-node.ts", import.meta.url)), { stdio: "inherit" });
    this.#child.on("message", (reply: TieredNodeReply) => {
      if (reply.told === "answer") this.#answers.get(reply.id)?.resolve(reply);
      else if (reply.told !== "failed") this.#of(reply.told).resolve();
      else if (reply.id !== undefined) this.#answers.get(reply.id)?.reject(new Error(reply.what));
      else this.#of("opened").reject(new Error(reply.what));
    });
  }

  static async start(settings: TieredNodeSettings): Promise<TieredProcess> {
    const node = new TieredProcess();
    node.#send({ ask: "open", settings });
    await node.heard("opened");
    return node;
  }

  async query(sql: string, params: readonly unknown[] = [], options: QueryOptions = {}): Promise<Answer> {
    const id = ++this.#count;
    const answer = Promise.withResolvers<Answer>();
    this.#answers.set(id, answer);
    this.#send({ ask: "query", id, sql, params, options });
    try {
      return await answer.promise;
    } finally {
      this.#answers.delete(id);
    }
  }

  /** Resolves when the process has said so, once. */
  heard(told: "opened" | "held" | "took effect" | "closed"): Promise<void> {
    return this.#of(told).promise;
  }

  goOn(): void {
    this.#send({ ask: "go on" });
  }

  /** Resolves when nothing is left of it. */
  async kill(): Promise<void> {
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, "exit");
    this.#send({ ask: "close" });
    await exit;
  }

  #of(told: string): PromiseWithResolvers<void> {
    const heard = this.#heard.get(told) ?? Promise.withResolvers<void>();
    this.#heard.set(told, heard);
    return heard;
  }

  #send(request: TieredNodeRequest): void {
    this.#child.send(request);
  }
}
