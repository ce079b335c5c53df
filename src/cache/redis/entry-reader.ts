import type { SharedEntry } from "../shared-tier.ts";
import type { Dependencies } from "./dependencies.ts";
import { decodeHead, type EntryHead } from "./entry-format.ts";
import type { Generation } from "./generations.ts";
import { RedisStamp } from "./stamp.ts";
import type { RedisCounts } from "./stats.ts";
import type { Watch, Watches } from "./watches.ts";

/** Makes entries of what lies on the server, if all that they depend on is unchanged. */
export class EntryReader {
  readonly #watches: Watches;
  readonly #dependencies: Dependencies;
  readonly #counts: RedisCounts;

  constructor(watches: Watches, dependencies: Dependencies, counts: RedisCounts) {
    this.#watches = watches;
    this.#dependencies = dependencies;
    this.#counts = counts;
  }

  /** @returns nothing, which is counted */
  absent(): undefined {
    this.#counts.misses++;
    return undefined;
  }

  /** @param watch from before the server was asked @param reply to a `GET` of `name` */
  read(
    key: string,
    name: string,
    watch: Watch,
    reply: unknown,
  ): SharedEntry | undefined | Promise<SharedEntry | undefined> {
    const head = Buffer.isBuffer(reply) ? decodeHead(reply) : undefined;
    if (!Buffer.isBuffer(reply) || !head) {
      if (Buffer.isBuffer(reply)) this.#counts.damaged++;
      this.#watches.endOne(name, watch);
      return this.absent();
    }
    const known = this.#dependencies.known(head.tags);
    if (known) return this.#judged(key, name, watch, reply, head, known);
    return this.#dependencies
      .of(head.tags.map(({ tag }) => tag))
      .then((generations) => this.#judged(key, name, watch, reply, head, generations));
  }

  #judged(
    key: string,
    name: string,
    watch: Watch,
    reply: Buffer,
    head: EntryHead,
    generations: readonly Generation[],
  ): SharedEntry | undefined {
    const isCurrent =
      head.root === this.#dependencies.root(name, generations[0]!) &&
      head.tags.every(({ generation }, index) => generation === generations[index + 1]!.text);
    if (!isCurrent) {
      this.#counts.outdated++;
      this.#watches.endOne(name, watch);
      return this.absent();
    }
    this.#counts.hits++;
    return {
      bytes: reply.subarray(head.length),
      stamp: new RedisStamp(
        key,
        watch,
        generations,
        name,
        this.#dependencies.isAsking ? reply.toString("latin1", 0, head.length) : "",
      ),
    };
  }
}
