import { randomBytes } from "node:crypto";
import { systemClock } from "../../clock.ts";
import { SharedTierError } from "../../errors.ts";
import type { MetricSample } from "../../metrics/metric.ts";
import { callable, durationMs } from "../../options.ts";
import type { Lease, SharedEntry, SharedTier, Stamp } from "../shared-tier.ts";
import { loadRedis, type RedisArgument, type RedisModule } from "./client.ts";
import { ClusterMasters } from "./cluster.ts";
import { decodeHead, type EntryHead, encodeHead, type TagStamp } from "./entry-format.ts";
import { FaultTranslator, tierFault } from "./fault.ts";
import { Generation, Generations } from "./generations.ts";
import { KeyNames, wellFormed } from "./key-names.ts";
import { leasePause } from "./lease-pause.ts";
import type { LinkContext, LinkCounts, RedisLink } from "./link.ts";
import { OneMaster } from "./one-master.ts";
import { OpenLeases } from "./open-leases.ts";
import { type RedisSettings, type RedisTierOptions, resolveRedisOptions } from "./options.ts";
import {
  acquireScript,
  fillScript,
  generationScript,
  releaseScript,
  renewScript,
  setScript,
} from "./scripts.ts";
import { Sentinels } from "./sentinels.ts";
import { RedisLease, RedisStamp } from "./stamp.ts";
import { type RedisTierStats, redisSamples } from "./stats.ts";
import type { Topology } from "./topology.ts";
import { type Watch, Watches } from "./watches.ts";
import { WriterMarks } from "./writer-marks.ts";

/** What isn't used that long is loaded once more; without an end, tags would fill the server. */
const generationMs = 30 * 86_400_000;
const mostAcquires = 3;

/**
 * Opens a cache tier on Redis or Valkey (6 and later), alone, behind Sentinel or as a Cluster, through the package `redis`.
 * Resolves also when the server can't be reached: it then goes on connecting, and answers `unavailable` until it is.
 * @throws {TypeError | RangeError} on wrong options
 * @throws {MissingDriverError} when the package `redis` isn't installed
 */
export async function openRedisTier(options: RedisTierOptions): Promise<RedisTier> {
  const settings = resolveRedisOptions(options);
  const tier = new RedisTier(await loadRedis(), settings);
  await tier.open();
  return tier;
}

/**
 * A cache tier on Redis or Valkey. Reading is one `GET`: a value carries the generations that it depends on, and those are
 * known here, since the server tells of all that was read once it changes (`CLIENT TRACKING`). Where it doesn't tell, it is
 * asked each time.
 * @see https://redis.io/docs/latest/develop/reference/client-side-caching/
 */
export class RedisTier implements SharedTier {
  readonly name = "redis";
  readonly #names: KeyNames;
  readonly #topology: Topology;
  readonly #sentinels: Sentinels | undefined;
  readonly #watches: Watches;
  readonly #generations: Generations;
  readonly #marks = new WriterMarks();
  readonly #leases = new OpenLeases();
  readonly #counts: LinkCounts & {
    hits: number;
    misses: number;
    outdated: number;
    damaged: number;
    lost: number;
  } = {
    commands: 0,
    timeouts: 0,
    failures: 0,
    connections: 0,
    invalidations: 0,
    hits: 0,
    misses: 0,
    outdated: 0,
    damaged: 0,
    lost: 0,
  };
  #forgotten: (key: string | undefined) => void = () => undefined;
  #barrier: Promise<void> | undefined;
  #renewal: Promise<void> | undefined;
  #mustRenew = false;
  #isClosed = false;
  #isAsking = false;

  /** @internal use `openRedisTier` */
  constructor(redis: RedisModule, settings: RedisSettings) {
    const { place, maxTracked } = settings;
    this.#names = new KeyNames(settings.prefix, settings.namespace);
    this.#watches = new Watches(maxTracked, (key) => this.#forgotten(key));
    this.#generations = new Generations(maxTracked, (name) => this.#generationText(name));
    const secrets = [
      place.login.password,
      ...(place.kind === "sentinel" ? place.nodes.map((it) => it.login.password) : []),
    ];
    const context: LinkContext = {
      redis,
      settings,
      faults: new FaultTranslator(secrets),
      counts: this.#counts,
      events: {
        invalidated: (name) => this.#invalidated(name),
        replaced: () => this.#mistrust(),
        lost: (link) => {
          this.#counts.lost++;
          this.#topology.lost(link);
        },
      },
    };
    const opened = () => this.#opened();
    if (place.kind === "cluster")
      this.#topology = new ClusterMasters(context, place.nodes, place.login, opened);
    else if (place.kind === "single")
      this.#topology = new OneMaster(
        context,
        () => Promise.resolve(place.address),
        place.login,
        false,
        opened,
      );
    else {
      const sentinels = new Sentinels(context, place.masterName, place.nodes);
      const master = new OneMaster(context, () => sentinels.master(), place.login, true, opened);
      sentinels.watch((address) => master.moveTo(address));
      this.#sentinels = sentinels;
      this.#topology = master;
    }
  }

  /** @internal */
  open(): Promise<void> {
    return this.#topology.open();
  }

  get isConnected(): boolean {
    return this.#topology.isComplete && this.#isTrusted();
  }

  now(): number {
    const offset = this.#topology.links[0]?.clockOffsetMs ?? performance.timeOrigin;
    return systemClock.now() + offset;
  }

  get(key: string): Promise<SharedEntry | undefined> {
    const name = this.#names.value(key);
    const watch = this.#watches.of(name, key);
    return this.#topology.send(name, ["GET", name]).then(
      (reply) => this.#read(key, name, watch, reply),
      (error) => {
        this.#watches.endOne(name, watch);
        if (isWrongType(error)) return this.#absent();
        throw error;
      },
    );
  }

  async acquire(
    key: string,
    tags: readonly string[],
    leaseMs: number,
    anew = false,
  ): Promise<Lease | SharedEntry | undefined> {
    durationMs("leaseMs", leaseMs, 1);
    const own = distinct(tags);
    // On their way together with the question; read again below where they changed meanwhile.
    const noted = this.#dependencies(own);
    noted.catch(() => undefined);
    const token = randomText();
    const [value, leaseName] = [this.#names.value(key), this.#names.lease(key)];
    let refused: RedisArgument = "";
    for (let attempt = 0; ; attempt++) {
      const [watch, leaseWatch] = [this.#watches.of(value, key), this.#watches.of(leaseName)];
      const isAnew = anew || attempt === mostAcquires;
      const args: RedisArgument[] = [token, milliseconds(leaseMs), isAnew ? "1" : "0", refused];
      const reply: unknown = await this.#topology
        .run(acquireScript, [value, leaseName], args)
        .catch((error: unknown) => {
          this.#watches.endOne(leaseName, leaseWatch);
          throw error;
        });
      if (Buffer.isBuffer(reply)) {
        const entry = await this.#read(key, value, watch, reply);
        if (entry) return entry;
        refused = reply.subarray(0, decodeHead(reply)?.length ?? reply.length);
        if (refused.length === 0) anew = true;
        continue;
      }
      if (reply !== 1) return undefined;
      await noted;
      const stamp = new RedisStamp(key, leaseWatch, await this.#dependencies(own), leaseName, token);
      const lease = new RedisLease(key, token, stamp, own);
      this.#leases.add(lease, leaseMs);
      return lease;
    }
  }

  async renew(lease: Lease, leaseMs: number): Promise<boolean> {
    durationMs("leaseMs", leaseMs, 1);
    return (
      (await this.#topology.run(renewScript, this.#both(lease.key), [lease.token, milliseconds(leaseMs)])) ===
      1
    );
  }

  async fill(lease: Lease, bytes: Uint8Array, ttlMs: number): Promise<Stamp | undefined> {
    durationMs("ttlMs", ttlMs, 1);
    if (!(lease instanceof RedisLease)) return undefined;
    const { generations } = lease.stamp;
    this.#leases.delete(lease);
    if (!(await this.#areCurrent(generations))) {
      await this.release(lease);
      return undefined;
    }
    const { start, entry } = this.#encoded(lease.key, generations, lease.tags, bytes);
    const names = this.#both(lease.key);
    const watch = this.#ownWrite(lease.key, names);
    const args = [lease.token, milliseconds(ttlMs), entry];
    const reply = await this.#written(names, watch, () => this.#topology.run(fillScript, names, args));
    if (reply !== 1) {
      this.#watches.endOne(names[0], watch);
      return undefined;
    }
    const stamp = new RedisStamp(lease.key, watch, generations, names[0], start);
    return this.#isAsking || generations.every(({ isAlive }) => isAlive) ? stamp : undefined;
  }

  async release(lease: Lease): Promise<void> {
    const names = this.#both(lease.key);
    if (lease instanceof RedisLease) this.#leases.delete(lease);
    try {
      await this.#topology.run(releaseScript, names, [lease.token]);
    } finally {
      this.#watches.end(names[1]);
    }
  }

  async leaseEnded(key: string, waitMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    const name = this.#names.lease(key);
    const watch = this.#watches.of(name);
    await leasePause(
      this.#topology.send(name, ["EXISTS", name]).then((reply) => reply === 1 && !this.#isAsking),
      (ended) => watch.onEnd(ended),
      waitMs,
      signal,
    );
  }

  async set(key: string, bytes: Uint8Array, tags: readonly string[], ttlMs: number): Promise<Stamp> {
    durationMs("ttlMs", ttlMs, 1);
    const own = distinct(tags);
    const generations = await this.#dependencies(own);
    const { start, entry } = this.#encoded(key, generations, own, bytes);
    const names = this.#both(key);
    const watch = this.#ownWrite(key, names);
    await this.#written(names, watch, () =>
      this.#topology.run(setScript, names, [milliseconds(ttlMs), entry]),
    );
    this.#marks.forgot();
    return new RedisStamp(key, watch, generations, names[0], start);
  }

  async delete(keys: readonly string[]): Promise<void> {
    const all = keys.map((key) => this.#both(key));
    await this.#forget(all.flat(), () =>
      all.map((names) => this.#topology.send(names[0], ["UNLINK", ...names])),
    );
  }

  async deleteByTag(tags: readonly string[]): Promise<void> {
    await this.#bump(distinct(tags).map((tag) => this.#names.tag(tag)));
  }

  async clear(): Promise<void> {
    await this.#bump([this.#names.namespace]);
    this.#forgotten(undefined);
  }

  isCurrent(stamp: Stamp): boolean | Promise<boolean> {
    if (!(stamp instanceof RedisStamp)) return false;
    if (this.#isAsking) return this.#askCurrent(stamp);
    return stamp.isAlive && this.#isTrusted();
  }

  token(): string {
    return this.#marks.token();
  }

  async catchUp(token: string): Promise<void> {
    if (this.#marks.knows(token) && this.#isTrusted()) return;
    // Those of one tick share a round trip: it starts after all of them came.
    this.#barrier ??= Promise.resolve().then(() => {
      this.#barrier = undefined;
      return this.#heardAll();
    });
    await this.#barrier;
    this.#marks.learn(token);
  }

  onForgotten(listener: (key: string | undefined) => void): void {
    callable("listener", listener);
    this.#forgotten = listener;
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#sentinels?.close();
    this.#topology.close();
    this.#mistrust();
    return Promise.resolve();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  stats(): RedisTierStats {
    return {
      ...this.#counts,
      isConnected: this.isConnected,
      isTelling: !this.#isAsking,
      tracked: this.#watches.size,
    };
  }
  collect(): Iterable<MetricSample> {
    return redisSamples(this.stats());
  }

  #isTrusted(): boolean {
    if (!this.#topology.isComplete) return false;
    const now = systemClock.now();
    for (const link of this.#topology.links) if (!link.isTrusted(now)) return false;
    return true;
  }

  #opened(): void {
    const { links } = this.#topology;
    this.#isAsking = links.some((link) => !link.isTelling);
    this.#mistrust();
    // A server that doesn't tell its name may be another, or one that has lost what it was told last.
    this.#mustRenew ||= links.some((link) => link.epoch === "");
    if (this.#mustRenew) this.#renewed().catch(() => undefined);
  }

  #renewed(): Promise<void> {
    this.#renewal ??= this.#bump([this.#names.namespace])
      .then(() => {
        this.#mustRenew = false;
      })
      .finally(() => {
        this.#renewal = undefined;
      });
    return this.#renewal;
  }

  /** What was told, and what was known by that, doesn't hold any more. */
  #mistrust(): void {
    this.#watches.endAll();
    this.#generations.endAll();
    this.#marks.forgetOthers();
    this.#forgotten(undefined);
  }

  #invalidated(name: string | undefined): void {
    if (name === undefined) {
      this.#mistrust();
      return;
    }
    this.#watches.end(name);
    if (this.#generations.end(name) && !this.#isAsking)
      // The lease ends by itself as well, only later.
      for (const lease of this.#leases.takeSpoilt()) this.release(lease).catch(() => undefined);
    if (name === this.#names.namespace) this.#forgotten(undefined);
  }

  #absent(): undefined {
    this.#counts.misses++;
    return undefined;
  }

  #read(
    key: string,
    name: string,
    watch: Watch,
    reply: unknown,
  ): SharedEntry | undefined | Promise<SharedEntry | undefined> {
    const head = Buffer.isBuffer(reply) ? decodeHead(reply) : undefined;
    if (!Buffer.isBuffer(reply) || !head) {
      if (Buffer.isBuffer(reply)) this.#counts.damaged++;
      this.#watches.endOne(name, watch);
      return this.#absent();
    }
    const known = this.#isAsking || this.#mustRenew ? undefined : this.#knownOf(head.tags);
    if (known) return this.#judged(key, name, watch, reply, head, known);
    return this.#dependencies(head.tags.map(({ tag }) => tag)).then((generations) =>
      this.#judged(key, name, watch, reply, head, generations),
    );
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
      head.root === this.#root(name, generations[0]!) &&
      head.tags.every(({ generation }, index) => generation === generations[index + 1]!.text);
    if (!isCurrent) {
      this.#counts.outdated++;
      this.#watches.endOne(name, watch);
      return this.#absent();
    }
    this.#counts.hits++;
    return {
      bytes: reply.subarray(head.length),
      stamp: new RedisStamp(
        key,
        watch,
        generations,
        name,
        this.#isAsking ? reply.toString("latin1", 0, head.length) : "",
      ),
    };
  }

  /** What a value depends on, the life of its server included. */
  #root(name: string, namespace: Generation): string {
    return `${this.#topology.linkOf(name)?.epoch ?? "?"} ${namespace.text}`;
  }

  #knownOf(tags: readonly TagStamp[]): Generation[] | undefined {
    const namespace = this.#generations.known(this.#names.namespace);
    if (!namespace) return undefined;
    const all = [namespace];
    for (const { tag } of tags) {
      const generation = this.#generations.known(this.#names.tag(tag));
      if (!generation) return undefined;
      all.push(generation);
    }
    return all;
  }

  /** Of the namespace, then of the tags. */
  async #dependencies(tags: readonly string[]): Promise<Generation[]> {
    const names = [this.#names.namespace, ...tags.map((tag) => this.#names.tag(tag))];
    if (this.#mustRenew) await this.#renewed();
    return Promise.all(
      names.map((name) => (this.#isAsking ? this.#freshly(name) : this.#generations.read(name))),
    );
  }

  async #freshly(name: string): Promise<Generation> {
    const generation = new Generation(name);
    generation.text = await this.#generationText(name);
    return generation;
  }

  async #generationText(name: string): Promise<string> {
    const reply = await this.#topology.send(name, ["GET", name]).catch((error: unknown) => {
      if (isWrongType(error)) return undefined;
      throw error;
    });
    const text = Buffer.isBuffer(reply)
      ? reply
      : await this.#topology.run(generationScript, [name], [randomText(), String(generationMs)]);
    return `${String(text)}@${this.#topology.linkOf(name)?.epoch ?? "?"}`;
  }

  async #areCurrent(generations: readonly Generation[]): Promise<boolean> {
    if (this.#isAsking) {
      const present = await Promise.all(generations.map(({ name }) => this.#generationText(name)));
      return generations.every(({ text }, index) => text === present[index]);
    }
    // On one connection, whatever was forgotten is told before it answers; on several, it has to be waited for.
    if (this.#topology.links.length > 1) await this.#heardAll();
    return generations.every(({ isAlive }) => isAlive);
  }

  async #askCurrent({ generations, name, start }: RedisStamp): Promise<boolean> {
    try {
      const [present, areCurrent] = await Promise.all([
        this.#topology.send(name, ["GETRANGE", name, "0", String(start.length - 1)]),
        this.#areCurrent(generations),
      ]);
      return areCurrent && start !== "" && Buffer.isBuffer(present) && present.toString("latin1") === start;
    } catch (error) {
      if (error instanceof SharedTierError) return false;
      throw error;
    }
  }

  async #heardAll(): Promise<void> {
    if (!this.#topology.isComplete)
      throw tierFault(this.#isClosed ? "closed" : "unavailable", "not connected to all masters");
    await Promise.all(this.#topology.links.map((link: RedisLink) => link.send(["PING"])));
  }

  #both(key: string): [value: string, lease: string] {
    return [this.#names.value(key), this.#names.lease(key)];
  }

  #encoded(
    key: string,
    generations: readonly Generation[],
    tags: readonly string[],
    bytes: Uint8Array,
  ): { start: string; entry: Buffer } {
    const stamps = tags.map((tag, index) => ({ tag, generation: generations[index + 1]!.text }));
    const head = encodeHead(this.#root(this.#names.value(key), generations[0]!), randomText(), stamps);
    return { start: head.toString("latin1"), entry: Buffer.concat([head, bytes]) };
  }

  /** The server doesn't tell us of what we write ourselves: what is watched from now on is the value that we send. */
  #ownWrite(key: string, names: readonly [string, string]): Watch {
    for (const name of names) this.#watches.end(name);
    return this.#watches.of(names[0], key);
  }

  async #written(
    names: readonly [string, string],
    watch: Watch,
    write: () => Promise<unknown>,
  ): Promise<unknown> {
    try {
      return await write();
    } catch (error) {
      this.#watches.endOne(names[0], watch);
      throw error;
    }
  }

  #bump(names: readonly string[]): Promise<void> {
    return this.#forget(names, () =>
      names.map((name) => this.#topology.send(name, ["SET", name, randomText(), "PX", String(generationMs)])),
    );
  }

  async #forget(names: readonly string[], send: () => readonly Promise<unknown>[]): Promise<void> {
    // The server doesn't tell us of what we do ourselves; and what we ask from now on, it answers afterwards.
    for (const name of names) this.#invalidated(name);
    const outcomes = await Promise.allSettled(send());
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed) throw failed.reason;
    this.#marks.forgot();
  }
}

/** 96 bits, 16 signs of ASCII. */
const randomText = (): string => randomBytes(12).toString("base64url");

const milliseconds = (ms: number): string => String(Math.max(1, Math.min(Math.ceil(ms), 2 ** 48)));

const distinct = (tags: readonly string[]): string[] => [...new Set(tags.map(wellFormed))];

const isWrongType = (error: unknown): boolean =>
  error instanceof SharedTierError && /WRONGTYPE/.test(error.message);
