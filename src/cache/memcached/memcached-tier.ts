import { SharedTierError, type SharedTierFault } from "../../errors.ts";
import type { MetricSample } from "../../metrics/index.ts";
import { optionsObject } from "../../options.ts";
import type { Lease, SharedEntry, SharedTier, Stamp } from "../shared-tier.ts";
import { expirySeconds } from "./expiry-seconds.ts";
import { MemcachedStamp, newGeneration } from "./generation.ts";
import { type ItemName, ItemNames, type KeyNames } from "./item-names.ts";
import { awaitLeaseEnd } from "./lease-polling.ts";
import { MemcachedGenerations } from "./memcached-generations.ts";
import {
  type MemcachedSettings,
  type MemcachedTierOptions,
  resolveMemcachedOptions,
} from "./memcached-options.ts";
import { type Item, MemcachedServer } from "./memcached-server.ts";
import { loadMemjs } from "./memjs-module.ts";
import { decodeRecord, encodeRecord, mostTagged, type StampedRecord } from "./stamped-record.ts";

/** A lease as this tier gives it. */
interface MemcachedLease extends Lease {
  readonly stamp: MemcachedStamp;
}

/** Figures of a tier since it was made. */
export interface MemcachedTierStats {
  /** Sent, or refused for want of a connection. */
  readonly commands: number;
  /** Made, the first ones included. */
  readonly connections: number;
  /** Commands that failed, by reason. */
  readonly failures: Readonly<Partial<Record<SharedTierFault, number>>>;
  /** Items that were no records. */
  readonly damaged: number;
  readonly isConnected: boolean;
}

/**
 * Memcached behind a cache, by the package `memjs`. Nothing is told by the servers, so that all is asked: a value, and each
 * `isCurrent`, costs a round trip for the generations, sent together for all that is asked within a tick; a value with tags
 * costs a second one.
 *
 * An unreachable server is waited for, not replaced by another: generations that another took over in the meantime would come
 * back in their old state with it. The namespace's generation is on one of the servers, without which nothing is served.
 */
export class MemcachedTier implements SharedTier {
  readonly name = "memcached";
  readonly #settings: MemcachedSettings;
  readonly #names: ItemNames;
  readonly #servers: readonly MemcachedServer[];
  readonly #generations: MemcachedGenerations;
  readonly #closing = new AbortController();
  #damaged = 0;

  /** Connects at once, and stays connected. @throws {TypeError | RangeError} for a wrong option */
  constructor(options: MemcachedTierOptions) {
    optionsObject("MemcachedTier", options);
    const settings = resolveMemcachedOptions(options);
    this.#settings = settings;
    this.#names = new ItemNames(settings.namespace, settings.servers);
    this.#servers = settings.servers.map(
      (address) => new MemcachedServer(address, settings, () => this.#generations.distrust()),
    );
    this.#generations = new MemcachedGenerations(this.#servers, settings.clock, settings.trustMs);
    void this.#open();
  }

  /** Of the server that has the namespace's generation. */
  get isConnected(): boolean {
    return !this.#closing.signal.aborted && this.#serverOf(this.#names.namespace).isUp;
  }

  /** This machine's calendar: Memcached tells its own in whole seconds only. */
  now(): number {
    return Date.now();
  }

  async get(key: string): Promise<SharedEntry | undefined> {
    const names = this.#names.key(key);
    const [item, namespace, generation] = await Promise.all([
      this.#serverOf(names.value).get(names.value.text),
      this.#generations.read(this.#names.namespace),
      this.#generations.read(names.generation),
    ]);
    const record = this.#decode(key, item);
    if (record === undefined) return undefined;
    const { stamp, body } = record;
    const tags = stamp.tags.map((tag) => this.#generations.read(this.#names.tag(tag)));
    return stamp.equals([namespace, generation, ...(await Promise.all(tags))])
      ? { bytes: body, stamp }
      : undefined;
  }

  async acquire(
    key: string,
    tags: readonly string[],
    leaseMs: number,
    anew = false,
  ): Promise<Lease | SharedEntry | undefined> {
    const names = this.#names.key(key);
    const server = this.#serverOf(names.lease);
    const [held, stamp] = await Promise.all([server.get(names.lease.text), this.#note(key, names, tags)]);
    if (held !== undefined) {
      const holder = this.#decode(key, held);
      // A lease under which nothing could be stored any more is free.
      if (holder !== undefined && (await this.#isPresent(holder.stamp)))
        return anew ? undefined : this.get(key);
    }
    const token = newGeneration();
    const record = encodeRecord({ stamp, body: Buffer.from(token, "latin1") });
    const seconds = expirySeconds(leaseMs);
    const taken =
      held === undefined
        ? server.add(names.lease.text, record, seconds)
        : server.set(names.lease.text, record, seconds, held.cas);
    // Looked at once more under the lease: it may be free because somebody has just stored the value.
    const [isTaken, entry] = await Promise.all([taken, anew ? undefined : this.get(key)]);
    if (!isTaken) return entry;
    const lease: MemcachedLease = { key, token, stamp };
    if (entry === undefined) return lease;
    await this.release(lease);
    return entry;
  }

  async renew(lease: Lease, leaseMs: number): Promise<boolean> {
    const held = await this.#held(lease);
    if (held === undefined) return false;
    const { lease: name } = this.#names.key(lease.key);
    return this.#serverOf(name).set(name.text, held.value, expirySeconds(leaseMs), held.cas);
  }

  async fill(lease: Lease, bytes: Uint8Array, ttlMs: number): Promise<Stamp | undefined> {
    const held = await this.#held(lease);
    if (held === undefined) return undefined;
    const { stamp } = lease as MemcachedLease;
    const names = this.#names.key(lease.key);
    const server = this.#serverOf(names.value);
    const record = encodeRecord({ stamp, body: bytes });
    const release = () => server.delete(names.lease.text, held.cas);
    if (record.length > this.#settings.maxValueBytes) {
      await release();
      throw this.#tooLarge(record.length);
    }
    // Who forgot something since the generations were compared has changed one, which every reader notices.
    await Promise.all([server.set(names.value.text, record, expirySeconds(ttlMs)), release()]);
    return stamp;
  }

  async release(lease: Lease): Promise<void> {
    const { lease: name } = this.#names.key(lease.key);
    const held = await this.#serverOf(name).get(name.text);
    if (held !== undefined && this.#isOf(held, lease)) await this.#serverOf(name).delete(name.text, held.cas);
  }

  leaseEnded(key: string, waitMs: number, signal?: AbortSignal): Promise<void> {
    const { lease: name } = this.#names.key(key);
    const server = this.#serverOf(name);
    const signals = [this.#closing.signal, ...(signal === undefined ? [] : [signal])];
    const isHeld = async (): Promise<boolean> => {
      const held = this.#decode(key, await server.get(name.text));
      return held !== undefined && (await this.#isPresent(held.stamp));
    };
    return awaitLeaseEnd(isHeld, waitMs, AbortSignal.any(signals), this.#settings.clock);
  }

  async delete(keys: readonly string[]): Promise<void> {
    await Promise.all(
      keys.flatMap((key) => {
        const { generation, value, lease } = this.#names.key(key);
        const server = this.#serverOf(generation);
        return [this.#generations.replace(generation), server.delete(value.text), server.delete(lease.text)];
      }),
    );
  }

  async deleteByTag(tags: readonly string[]): Promise<void> {
    await Promise.all(tags.map((tag) => this.#generations.replace(this.#names.tag(tag))));
  }

  async clear(): Promise<void> {
    await this.#generations.replace(this.#names.namespace);
  }

  isCurrent(stamp: Stamp): boolean | Promise<boolean> {
    if (!this.isConnected || !(stamp instanceof MemcachedStamp)) return false;
    if (this.#settings.trustMs > 0) {
      const trusted = this.#dependencies(stamp).map((name) => this.#generations.trusted(name));
      if (!trusted.includes(undefined)) return stamp.equals(trusted);
    }
    return this.#isPresent(stamp).then(
      (isPresent) => isPresent && this.isConnected,
      () => false,
    );
  }

  /** The servers have it all, and are asked each time. */
  token(): string {
    return "asked";
  }

  async catchUp(_token: string): Promise<void> {
    if (this.#closing.signal.aborted) throw this.#closed();
    this.#generations.distrust();
  }

  /** Nobody is told: the servers don't tell. */
  onForgotten(_listener: (key: string | undefined) => void): void {}

  async close(): Promise<void> {
    this.#closing.abort();
    for (const server of this.#servers) server.giveUp(new SharedTierError(this.name, "closed", "is closed"));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  stats(): MemcachedTierStats {
    const failures: Partial<Record<SharedTierFault, number>> = {};
    for (const server of this.#servers)
      for (const [reason, count] of server.failures) failures[reason] = (failures[reason] ?? 0) + count;
    return {
      commands: this.#servers.reduce((sum, { commands }) => sum + commands, 0),
      connections: this.#servers.reduce((sum, { connections }) => sum + connections, 0),
      failures,
      damaged: this.#damaged,
      isConnected: this.isConnected,
    };
  }

  *collect(): Iterable<MetricSample> {
    const { commands, connections, failures, damaged, isConnected } = this.stats();
    const labels = { "victor.cache.tier": this.name };
    const counter = (name: string, help: string, value: number, more = {}): MetricSample => ({
      type: "counter",
      name: `victor.cache.tier.${name}`,
      help,
      labels: { ...labels, ...more },
      value,
    });
    yield counter("commands", "Commands for the servers.", commands);
    yield counter("connections", "Connections made.", connections);
    yield counter("damaged", "Items that couldn't be read.", damaged);
    for (const [reason, count] of Object.entries(failures))
      yield counter("failures", "Commands that failed, by reason.", count, { reason });
    const help = "1 while the tier can be asked, else 0.";
    yield { type: "gauge", name: "victor.cache.tier.connected", help, labels, value: Number(isConnected) };
  }

  async #open(): Promise<void> {
    try {
      const memjs = await loadMemjs();
      if (!this.#closing.signal.aborted) for (const server of this.#servers) server.open(memjs);
    } catch (cause) {
      const { message } = cause as Error;
      for (const server of this.#servers)
        server.giveUp(new SharedTierError(this.name, "unavailable", `can't be used: ${message}`, { cause }));
    }
  }

  #serverOf({ server }: ItemName): MemcachedServer {
    return this.#servers[server] as MemcachedServer;
  }

  #dependencies(stamp: MemcachedStamp): ItemName[] {
    const tags = stamp.tags.map((tag) => this.#names.tag(tag));
    return [this.#names.namespace, this.#names.key(stamp.key).generation, ...tags];
  }

  async #isPresent(stamp: MemcachedStamp): Promise<boolean> {
    const names = this.#dependencies(stamp);
    return stamp.equals(await Promise.all(names.map((name) => this.#generations.read(name))));
  }

  async #note(key: string, { generation }: KeyNames, tags: readonly string[]): Promise<MemcachedStamp> {
    checkTags(tags);
    const names = [this.#names.namespace, generation, ...tags.map((tag) => this.#names.tag(tag))];
    const [namespace = "", own = "", ...tagged] = await this.#generations.note(names);
    return new MemcachedStamp(key, namespace, own, tags, tagged);
  }

  /** @returns the item of a lease that still holds */
  async #held(lease: Lease): Promise<Item | undefined> {
    if (!(lease.stamp instanceof MemcachedStamp)) return undefined;
    const { lease: name } = this.#names.key(lease.key);
    const [held, isPresent] = await Promise.all([
      this.#serverOf(name).get(name.text),
      this.#isPresent(lease.stamp),
    ]);
    if (held === undefined || !this.#isOf(held, lease)) return undefined;
    if (isPresent) return held;
    await this.#serverOf(name).delete(name.text, held.cas);
    return undefined;
  }

  #isOf(held: Item, { key, token }: Lease): boolean {
    const body = decodeRecord(key, held.value)?.body as Buffer | undefined;
    return body?.toString("latin1") === token;
  }

  #decode(key: string, item: Item | undefined): StampedRecord | undefined {
    if (item === undefined) return undefined;
    const record = decodeRecord(key, item.value);
    if (record === undefined) this.#damaged++;
    return record;
  }

  #closed(): SharedTierError {
    return new SharedTierError(this.name, "closed", "is closed");
  }

  #tooLarge(sizeBytes: number): SharedTierError {
    const most = this.#settings.maxValueBytes;
    return new SharedTierError(this.name, "full", `takes no value of ${sizeBytes} bytes, at most ${most}`);
  }
}

/** What a record can hold. */
function checkTags(tags: readonly string[]): void {
  if (tags.length > mostTagged || tags.some((tag) => tag.length > mostTagged))
    throw new RangeError(`tags: expected at most ${mostTagged}, each as long`);
}
