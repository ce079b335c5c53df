import { systemClock, type TimerHandle } from "../../clock.ts";
import { SharedTierError } from "../../errors.ts";
import { AnswerDeadlines, type AnswerUse } from "../answer-deadlines.ts";
import type { RedisClient } from "./client.ts";
import { tierFault } from "./fault.ts";
import { connectionTo, type LinkContext } from "./link.ts";
import type { RedisAddress, RedisLogin } from "./options.ts";

interface Sentinel {
  readonly address: RedisAddress;
  readonly login: RedisLogin;
}

/** Asks sentinels for the master, one after the other until one knows, and stays with that one. */
export class Sentinels {
  readonly #context: LinkContext;
  readonly #masterName: string;
  readonly #nodes: readonly Sentinel[];
  readonly #deadlines: AnswerDeadlines;
  #next = 0;
  #client: RedisClient | undefined;
  #timer: TimerHandle | undefined;
  #isClosed = false;
  #search: Promise<RedisAddress> | undefined;

  constructor(context: LinkContext, masterName: string, nodes: readonly Sentinel[]) {
    this.#context = context;
    this.#masterName = masterName;
    this.#nodes = nodes;
    const { connectTimeoutMs } = context.settings;
    this.#deadlines = new AnswerDeadlines(connectTimeoutMs);
  }

  /** @throws {SharedTierError} when none of them knows one */
  master(): Promise<RedisAddress> {
    this.#search ??= this.#find().finally(() => {
      this.#search = undefined;
    });
    return this.#search;
  }

  async #find(): Promise<RedisAddress> {
    let why: unknown = tierFault("unavailable", `no sentinel knows a master named ${this.#masterName}`);
    for (let attempt = 0; attempt < this.#nodes.length && !this.#isClosed; attempt++) {
      try {
        const address = await this.#ask();
        if (address) return address;
      } catch (error) {
        why = error;
      }
      this.#client?.destroy();
      this.#client = undefined;
      this.#next = (this.#next + 1) % this.#nodes.length;
    }
    throw this.#context.faults.translate(why);
  }

  /** Asks now and then, so that a master that was set aside while it could still be reached isn't believed for long. */
  watch(moved: (address: RedisAddress) => void): void {
    this.#timer = systemClock.setTimeout(async () => {
      try {
        moved(await this.master());
      } catch (error) {
        // Without sentinels, the master that answers is as good as any; the next round asks again.
        if (!(error instanceof SharedTierError)) throw error;
      }
      if (!this.#isClosed) this.watch(moved);
    }, this.#context.settings.heartbeatMs);
  }

  close(): void {
    this.#isClosed = true;
    systemClock.clearTimeout(this.#timer);
    this.#client?.destroy();
  }

  async #ask(): Promise<RedisAddress | undefined> {
    const { address, login } = this.#nodes[this.#next]!;
    const use: AnswerUse<unknown, unknown, undefined> = {
      kept: (reply) => reply,
      failed: (thrown) => {
        throw this.#context.faults.translate(thrown);
      },
      late: () => {
        throw tierFault("timeout", "a sentinel doesn't answer");
      },
      ended: () => undefined,
    };
    if (!this.#client) {
      const client = connectionTo(this.#context, address, login);
      client.on("error", () => {
        if (this.#client === client) this.#client = undefined;
      });
      this.#client = client;
      await this.#deadlines.bound(client.connect(), use, undefined);
    }
    const answer = this.#client?.sendCommand(["SENTINEL", "GET-MASTER-ADDR-BY-NAME", this.#masterName]);
    const reply = answer && (await this.#deadlines.bound(answer, use, undefined));
    if (!Array.isArray(reply) || reply.length < 2) return undefined;
    return { host: String(reply[0]), port: Number(reply[1]) };
  }
}
