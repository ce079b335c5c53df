import type { SharedTierError } from "../../errors.ts";
import type { SharedEntry } from "../shared-tier.ts";
import { type Dependencies, isWrongType } from "./dependencies.ts";
import { decodeHead, type EntryHead } from "./entry-format.ts";
import type { Generation } from "./generations.ts";
import { type KnownHead, KnownHeads } from "./known-heads.ts";
import type { ReplyUse } from "./reply-use.ts";
import { RedisStamp } from "./stamp.ts";
import type { RedisCounts } from "./stats.ts";
import type { Watch, Watches } from "./watches.ts";

const mostOutdated = 1000;

/** A question for a value, which is watched from before it is asked. */
class EntryQuestion implements ReplyUse<SharedEntry | undefined> {
  readonly #reader: EntryReader;
  readonly #key: string;
  readonly #name: string;
  readonly #watch: Watch;

  constructor(reader: EntryReader, key: string, name: string, watch: Watch) {
    this.#reader = reader;
    this.#key = key;
    this.#name = name;
    this.#watch = watch;
  }

  kept(reply: unknown): SharedEntry | undefined | Promise<SharedEntry | undefined> {
    return this.#reader.read(this.#key, this.#name, this.#watch, reply);
  }

  failed(fault: SharedTierError): undefined {
    return this.#reader.unread(this.#name, this.#watch, fault);
  }
}

/** Makes entries of what lies on the server, if all that they depend on is unchanged. */
export class EntryReader {
  readonly #watches: Watches;
  readonly #dependencies: Dependencies;
  readonly #counts: RedisCounts;
  readonly #heads = new KnownHeads();
  /** Heads of values that were found to be outdated, by their names. */
  readonly #outdated = new Map<string, Buffer>();

  constructor(watches: Watches, dependencies: Dependencies, counts: RedisCounts) {
    this.#watches = watches;
    this.#dependencies = dependencies;
    this.#counts = counts;
  }

  /** @returns what becomes of the reply to a `GET` of `name`; to be made before that is sent */
  question(key: string, name: string): ReplyUse<SharedEntry | undefined> {
    return new EntryQuestion(this, key, name, this.#watches.of(name, key));
  }

  /** @throws the fault, unless it says that there is none of our values */
  unread(name: string, watch: Watch, fault: SharedTierError): undefined {
    this.#watches.endOne(name, watch);
    if (!isWrongType(fault)) throw fault;
    return this.#absent();
  }

  /** Nothing that was known of the server holds any more. */
  forget(): void {
    this.#heads.forget();
    this.#outdated.clear();
  }

  /**
   * Of a value that was read and found to be outdated, what it starts with: it needn't be sent and looked at once more. No other
   * starts like it, and what it depends on never comes back. To be asked once.
   */
  takeOutdated(name: string): Buffer | undefined {
    const head = this.#outdated.get(name);
    this.#outdated.delete(name);
    return head;
  }

  /** @param watch from before the server was asked @param reply to a `GET` of `name` */
  read(
    key: string,
    name: string,
    watch: Watch,
    reply: unknown,
  ): SharedEntry | undefined | Promise<SharedEntry | undefined> {
    if (Buffer.isBuffer(reply) && this.#dependencies.isTold) {
      const found = this.#heads.find(reply, this.#dependencies.epochOf(name));
      if (found) return this.#hit(key, name, watch, reply, found);
    }
    const head = Buffer.isBuffer(reply) ? decodeHead(reply) : undefined;
    if (!Buffer.isBuffer(reply) || !head) {
      if (Buffer.isBuffer(reply)) this.#counts.damaged++;
      this.#watches.endOne(name, watch);
      return this.#absent();
    }
    const known = this.#dependencies.known(head.tags);
    if (known) return this.#judged(key, name, watch, reply, head, known);
    return this.#dependencies
      .of(head.tags.map(({ tag }) => tag))
      .then((generations) => this.#judged(key, name, watch, reply, head, generations));
  }

  #absent(): undefined {
    this.#counts.misses++;
    return undefined;
  }

  #remember(name: string, head: Buffer): void {
    if (this.#outdated.size >= mostOutdated) {
      const [oldest] = this.#outdated.keys();
      if (oldest !== undefined) this.#outdated.delete(oldest);
    }
    // A copy, since what was read is part of a larger chunk.
    this.#outdated.set(name, Buffer.from(head));
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
      this.#remember(name, reply.subarray(0, head.length));
      this.#watches.endOne(name, watch);
      return this.#absent();
    }
    const known = { length: head.length, epoch: this.#dependencies.epochOf(name), generations };
    // What was read while the server had to be asked isn't told of any more.
    if (this.#dependencies.isTold && watch.isAlive) this.#heads.remember(reply, known);
    return this.#hit(key, name, watch, reply, known);
  }

  #hit(
    key: string,
    name: string,
    watch: Watch,
    reply: Buffer,
    { length, generations }: KnownHead,
  ): SharedEntry {
    this.#counts.hits++;
    const start = this.#dependencies.isAsking ? reply.toString("latin1", 0, length) : "";
    return {
      bytes: reply.subarray(length),
      stamp: new RedisStamp(key, watch, generations, name, start),
    };
  }
}
