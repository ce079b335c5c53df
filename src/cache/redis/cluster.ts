import { SharedTierError } from "../../errors.ts";
import type { RedisArgument } from "./client.ts";
import { tierFault } from "./fault.ts";
import { type LinkContext, RedisLink } from "./link.ts";
import type { RedisAddress, RedisLogin } from "./options.ts";
import type { ReplyUse } from "./reply-use.ts";
import { Retries } from "./retries.ts";
import type { RedisScript } from "./scripts.ts";
import { slotCount, slotOf } from "./slot.ts";
import type { Topology } from "./topology.ts";

const nameOf = ({ host, port }: RedisAddress): string => `${host}:${port}`;

/** The masters of a Redis Cluster: a link to each, and which slots are whose. */
export class ClusterMasters implements Topology {
  readonly #context: LinkContext;
  readonly #seeds: readonly RedisAddress[];
  readonly #login: RedisLogin;
  readonly #opened: () => void;
  readonly #retries: Retries;
  readonly #linkByName = new Map<string, RedisLink>();
  readonly #nameBySlot = new Array<string | undefined>(slotCount);
  #links: readonly RedisLink[] = [];
  #masters: ReadonlySet<string> = new Set();
  #why: SharedTierError = tierFault("unavailable", "not connected");
  #isClosed = false;

  /** @param opened called whenever there is a new connection, before anything is asked by it */
  constructor(context: LinkContext, seeds: readonly RedisAddress[], login: RedisLogin, opened: () => void) {
    this.#context = context;
    this.#seeds = seeds;
    this.#login = login;
    this.#opened = opened;
    this.#retries = new Retries(context.settings.maxReconnectMs, () => this.#refresh());
  }

  get links(): readonly RedisLink[] {
    return this.#links;
  }
  get isComplete(): boolean {
    return this.#masters.size > 0 && this.#links.length === this.#masters.size;
  }
  linkOf(key: string): RedisLink | undefined {
    const name = this.#nameBySlot[slotOf(key)];
    return name === undefined ? undefined : this.#linkByName.get(name);
  }

  send(key: string, args: readonly RedisArgument[]): Promise<unknown>;
  send<R>(key: string, args: readonly RedisArgument[], use: ReplyUse<R>): Promise<R>;
  send(key: string, args: readonly RedisArgument[], use?: ReplyUse<unknown>): Promise<unknown> {
    const reply = this.#through(key, (link) => link.send(args));
    // Only once redirections were followed: they are faults of a link.
    return use === undefined ? reply : reply.then(use.kept.bind(use), use.failed.bind(use));
  }
  run(script: RedisScript, keys: readonly string[], args: readonly RedisArgument[]): Promise<unknown> {
    return this.#through(keys[0]!, (link) => link.run(script, keys, args));
  }

  lost(link: RedisLink): void {
    const name = nameOf(link.address);
    if (this.#linkByName.get(name) !== link) return;
    this.#linkByName.delete(name);
    this.#list();
    this.#context.events.replaced();
    void this.#retries.start();
  }

  open(): Promise<void> {
    return this.#retries.start();
  }

  close(): void {
    this.#isClosed = true;
    this.#why = tierFault("closed", "by its owner");
    this.#retries.close();
    for (const link of this.#linkByName.values()) link.close();
    this.#linkByName.clear();
    this.#list();
  }

  async #through(key: string, ask: (link: RedisLink) => Promise<unknown>): Promise<unknown> {
    const link = this.linkOf(key);
    if (!link) throw this.#why;
    try {
      return await ask(link);
    } catch (error) {
      const other = this.#redirection(key, error);
      if (!other) throw error;
      // What was asked meanwhile at the other server may have been answered without this command.
      this.#context.events.replaced();
      if (other.isAsking) other.link.send(["ASKING"]).catch(() => undefined);
      const answer = await ask(other.link);
      this.#context.events.replaced();
      return answer;
    }
  }

  #redirection(key: string, error: unknown): { link: RedisLink; isAsking: boolean } | undefined {
    if (!(error instanceof SharedTierError) || error.reason !== "unavailable") return undefined;
    const found = /\b(MOVED|ASK) \d+ (\S+):(\d+)/.exec(error.message);
    if (/\bCLUSTERDOWN\b/.test(error.message) || found) void this.#retries.start();
    if (!found) return undefined;
    const name = `${found[2]}:${found[3]}`;
    const isAsking = found[1] === "ASK";
    if (!isAsking && this.#masters.has(name)) this.#nameBySlot[slotOf(key)] = name;
    const link = this.#linkByName.get(name);
    return link && { link, isAsking };
  }

  /** @returns whether there is a link to all masters now */
  async #refresh(): Promise<boolean> {
    try {
      const shards = await this.#shards();
      if (this.#isClosed) return true;
      const masters = new Map(shards.map(({ master }) => [nameOf(master), master]));
      const before = this.#nameBySlot.slice();
      this.#nameBySlot.fill(undefined);
      for (const { from, to, master } of shards) this.#nameBySlot.fill(nameOf(master), from, to + 1);
      this.#masters = new Set(masters.keys());
      for (const [name, link] of this.#linkByName)
        if (!masters.has(name)) {
          this.#linkByName.delete(name);
          link.close(tierFault("unavailable", "no master any more"));
        }
      this.#list();
      if (before.some((name, slot) => name !== this.#nameBySlot[slot])) this.#context.events.replaced();
      const missing = [...masters].filter(([name]) => !this.#linkByName.has(name));
      const opened = await Promise.allSettled(missing.map(([name, address]) => this.#connect(name, address)));
      const failed = opened.find((outcome) => outcome.status === "rejected");
      if (failed) throw failed.reason;
      return this.isComplete;
    } catch (error) {
      if (!this.#isClosed) this.#why = this.#context.faults.translate(error);
      return this.#isClosed;
    }
  }

  async #connect(name: string, address: RedisAddress): Promise<void> {
    const link = await RedisLink.open(this.#context, address, this.#login, true);
    if (this.#isClosed || !link.isMaster || !this.#masters.has(name) || this.#linkByName.has(name)) {
      link.close();
      throw tierFault("unavailable", `${name} is no master`);
    }
    this.#linkByName.set(name, link);
    this.#list();
    this.#opened();
  }

  #list(): void {
    this.#links = [...this.#linkByName.values()];
  }

  async #shards(): Promise<{ from: number; to: number; master: RedisAddress }[]> {
    let why: unknown = this.#why;
    for (const link of this.#links) {
      try {
        return parsedShards(await link.send(["CLUSTER", "SLOTS"]), link.address);
      } catch (error) {
        why = error;
      }
    }
    for (const seed of this.#seeds) {
      if (this.#isClosed) break;
      try {
        const link = await RedisLink.open(this.#context, seed, this.#login);
        try {
          return parsedShards(await link.askAny(["CLUSTER", "SLOTS"]), seed);
        } finally {
          link.close();
        }
      } catch (error) {
        why = error;
      }
    }
    throw why;
  }
}

function parsedShards(
  reply: unknown,
  asked: RedisAddress,
): { from: number; to: number; master: RedisAddress }[] {
  if (!Array.isArray(reply) || reply.length === 0)
    throw tierFault("unavailable", "no slot of the cluster is served");
  return reply.map((range: readonly [number, number, readonly [unknown, number]]) => {
    const [from, to, [host, port]] = range;
    const name = host === null ? "" : String(host);
    // A node that wasn't told its own address gives none: it is where we asked.
    return { from, to, master: { host: name === "" || name === "?" ? asked.host : name, port } };
  });
}
