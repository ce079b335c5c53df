import { LruCache } from "../../algorithms/lru-cache.ts";
import type { Clock } from "../../clock.ts";
import { SharedTierError } from "../../errors.ts";
import { generationBytes, newGeneration } from "./generation.ts";
import type { ItemName } from "./item-names.ts";
import type { MemcachedServer } from "./memcached-server.ts";

interface Trusted {
  readonly generation: string;
  readonly untilMs: number;
}

/** Generations that are trusted at a time, at most. */
const mostTrusted = 10_000;
/** A generation that is gone each time just after it was created isn't worth a fourth attempt. */
const attempts = 3;

/**
 * The generations on the servers. Those that are asked for within one tick are asked for once, since all values share the
 * namespace's.
 */
export class MemcachedGenerations {
  readonly #servers: readonly MemcachedServer[];
  readonly #clock: Clock;
  readonly #trustMs: number;
  readonly #trusted = new LruCache<string, Trusted>({ maxSize: mostTrusted });
  /** Answers to what was asked before are not to be trusted any more. */
  #trustedSince = 0;
  #asked = new Map<string, Promise<string | undefined>>();

  constructor(servers: readonly MemcachedServer[], clock: Clock, trustMs: number) {
    this.#servers = servers;
    this.#clock = clock;
    this.#trustMs = trustMs;
  }

  /** @returns the present generation; `undefined` where the server has none @throws {SharedTierError} */
  read(name: ItemName): Promise<string | undefined> {
    const asked = this.#asked.get(name.text);
    if (asked !== undefined) return asked;
    // What is asked until this runs goes out afterwards, in one batch: a later change is seen by all of it, or by none.
    if (this.#asked.size === 0)
      queueMicrotask(() => {
        this.#asked = new Map();
      });
    const answer = this.#read(name);
    this.#asked.set(name.text, answer);
    return answer;
  }

  /** @returns one for each name; missing ones are created @throws {SharedTierError} */
  note(names: readonly ItemName[]): Promise<string[]> {
    return Promise.all(names.map((name) => this.#note(name)));
  }

  /** Replaces a generation by one that never was. @throws {SharedTierError} */
  async replace(name: ItemName): Promise<void> {
    const server = this.#serverOf(name);
    try {
      await server.set(name.text, Buffer.from(newGeneration(), "latin1"), 0);
    } catch (error) {
      if (!(error instanceof SharedTierError) || error.reason !== "full") throw error;
      // There is always room for having none, which counts as changed as well.
      await server.delete(name.text);
    } finally {
      this.distrust();
    }
  }

  /** @returns what was read lately enough to be trusted without asking */
  trusted(name: ItemName): string | undefined {
    if (this.#trustMs === 0) return undefined;
    const trusted = this.#trusted.get(name.text);
    return trusted !== undefined && trusted.untilMs > this.#clock.now() ? trusted.generation : undefined;
  }

  /** What was read so far isn't trusted any more, nor what is being read. */
  distrust(): void {
    this.#trustedSince++;
    this.#trusted.clear();
  }

  async #read(name: ItemName): Promise<string | undefined> {
    const since = this.#trustedSince;
    const untilMs = this.#clock.now() + this.#trustMs;
    const item = await this.#serverOf(name).get(name.text);
    const isOne = item?.value.length === generationBytes;
    const generation = isOne ? item.value.toString("latin1") : undefined;
    if (this.#trustMs > 0 && generation !== undefined && since === this.#trustedSince)
      this.#trusted.set(name.text, { generation, untilMs });
    return generation;
  }

  async #note(name: ItemName): Promise<string> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const present = await this.read(name);
      if (present !== undefined) return present;
      const generation = newGeneration();
      if (await this.#serverOf(name).add(name.text, Buffer.from(generation, "latin1"), 0)) return generation;
    }
    // Either the server evicts what it was just given, or somebody else writes there.
    throw new SharedTierError("memcached", "full", "loses generations as soon as it has them");
  }

  #serverOf({ server }: ItemName): MemcachedServer {
    return this.#servers[server] as MemcachedServer;
  }
}
