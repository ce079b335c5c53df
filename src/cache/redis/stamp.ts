import type { Lease, Stamp } from "../shared-tier.ts";
import type { Generation } from "./generations.ts";
import type { Watch } from "./watches.ts";

/** What a value, or what is loaded under a lease, depends on. */
export class RedisStamp implements Stamp {
  readonly key: string;
  /** Of the value, or of the lease. */
  readonly #watch: Watch;
  readonly #generations: readonly Generation[];
  /** Name on the server, and the text that it must start with there. */
  readonly #name: string;
  readonly #start: string;

  constructor(key: string, watch: Watch, generations: readonly Generation[], name: string, start: string) {
    this.key = key;
    this.#watch = watch;
    this.#generations = generations;
    this.#name = name;
    this.#start = start;
  }

  /** As far as the server told. */
  get isAlive(): boolean {
    if (!this.#watch.isAlive) return false;
    for (const generation of this.#generations) if (!generation.isAlive) return false;
    return true;
  }

  get watch(): Watch {
    return this.#watch;
  }
  get generations(): readonly Generation[] {
    return this.#generations;
  }
  get name(): string {
    return this.#name;
  }
  get start(): string {
    return this.#start;
  }
}

export class RedisLease implements Lease {
  readonly key: string;
  readonly token: string;
  readonly stamp: RedisStamp;
  /** Well-formed. */
  readonly #tags: readonly string[];

  constructor(key: string, token: string, stamp: RedisStamp, tags: readonly string[]) {
    this.key = key;
    this.token = token;
    this.stamp = stamp;
    this.#tags = tags;
  }

  get tags(): readonly string[] {
    return this.#tags;
  }
}
