import { systemClock } from "../../clock.ts";
import { SharedTierError } from "../../errors.ts";
import type { MetricSample } from "../../metrics/metric.ts";
import { callable, durationMs } from "../../options.ts";
import type { Lease, SharedEntry, SharedTier, Stamp } from "../shared-tier.ts";
import { loadRedis, type RedisArgument, type RedisModule } from "./client.ts";
import { Dependencies, randomText } from "./dependencies.ts";
import { decodeHead, encodeHead } from "./entry-format.ts";
import { EntryReader } from "./entry-reader.ts";
import { FaultTranslator, tierFault } from "./fault.ts";
import type { Generation } from "./generations.ts";
import { KeyNames, wellFormed } from "./key-names.ts";
import { leasePause } from "./lease-pause.ts";
import type { LinkContext } from "./link.ts";
import { OpenLeases } from "./open-leases.ts";
import { type RedisSettings, type RedisTierOptions, resolveRedisOptions } from "./options.ts";
import { topologyOf } from "./place-topology.ts";
import { acquireScript, fillScript, releaseScript, renewScript } from "./scripts.ts";
import { RedisLease, RedisStamp } from "./stamp.ts";
import { RedisCounts, type RedisTierStats, redisSamples } from "./stats.ts";
import type { Topology } from "./topology.ts";
import { type Watch, Watches } from "./watches.ts";
import { WriterMarks } from "./writer-marks.ts";

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
  readonly #watches: Watches;
  readonly #dependencies: Dependencies;
  readonly #reader: EntryReader;
  readonly #marks = new WriterMarks();
  readonly #leases = new OpenLeases();
  readonly #counts = new RedisCounts();
  #forgotten: (key: string | undefined) => void = () => undefined;
  #barrier: Promise<void> | undefined;
  #isClosed = false;

  /** @internal use `openRedisTier` */
  constructor(redis: RedisModule, settings: RedisSettings) {
    const { place, maxTracked } = settings;
    this.#names = new KeyNames(settings.prefix, settings.namespace);
    this.#watches = new Watches(maxTracked, (key) => this.#forgotten(key));
    this.#dependencies = new Dependencies(
      this.#names,
      maxTracked,
      () => this.#topology,
      () => this.#bump([this.#names.namespace]),
    );
    this.#reader = new EntryReader(this.#watches, this.#dependencies, this.#counts);
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
        invalidated: (name) => this.#told(name),
        replaced: () => this.#mistrust(),
        lost: (link) => {
          this.#counts.lost++;
          this.#topology.lost(link);
        },
      },
    };
    this.#topology = topologyOf(context, () => this.#opened());
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
    return this.#topology.send(name, ["GET", name], this.#reader.question(key, name));
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
    const noted = this.#dependencies.of(own);
    noted.catch(() => undefined);
    const token = randomText();
    const [value, leaseName] = this.#both(key);
    let refused: RedisArgument = this.#reader.takeOutdated(value) ?? "";
    try {
      for (let attempt = 0; ; attempt++) {
        const [watch, leaseWatch] = [this.#watches.of(value, key), this.#watches.of(leaseName)];
        const isAnew = anew || attempt === mostAcquires;
        const args: RedisArgument[] = [token, milliseconds(leaseMs), isAnew ? "1" : "0", refused];
        const reply = await this.#written(leaseName, leaseWatch, () =>
          this.#topology.run(acquireScript, [value, leaseName], args),
        );
        if (Buffer.isBuffer(reply)) {
          const entry = await this.#reader.read(key, value, watch, reply);
          if (entry) return entry;
          refused = reply.subarray(0, decodeHead(reply)?.length ?? reply.length);
          if (refused.length === 0) anew = true;
          continue;
        }
        if (reply !== 1) {
          leaseWatch.isThere = true;
          return undefined;
        }
        await noted;
        const stamp = new RedisStamp(key, leaseWatch, await this.#dependencies.of(own), leaseName, token);
        const lease = new RedisLease(key, token, stamp, own);
        this.#leases.add(lease, leaseMs);
        return lease;
      }
    } catch (error) {
      // Nobody has it, and all others would wait for its time. A server that is late may have yet to grant it, and does this after it.
      this.#giveBack(key, token).catch(() => undefined);
      throw error;
    }
  }

  async renew(lease: Lease, leaseMs: number): Promise<boolean> {
    durationMs("leaseMs", leaseMs, 1);
    const names = this.#both(lease.key);
    const args = [lease.token, milliseconds(leaseMs)];
    const reply = await this.#written(names[1], this.#watches.of(names[1]), () =>
      this.#topology.run(renewScript, names, args),
    );
    return reply === 1;
  }

  async fill(lease: Lease, bytes: Uint8Array, ttlMs: number): Promise<Stamp | undefined> {
    durationMs("ttlMs", ttlMs, 1);
    if (!(lease instanceof RedisLease)) return undefined;
    const { generations } = lease.stamp;
    this.#leases.delete(lease);
    if (!(await this.#dependencies.areCurrent(generations))) {
      await this.release(lease);
      return undefined;
    }
    const { start, entry } = this.#encoded(lease.key, generations, lease.tags, bytes);
    const names = this.#both(lease.key);
    const watch = this.#ownWrite(lease.key, names);
    const args = [lease.token, milliseconds(ttlMs), entry];
    const reply = await this.#written(names[0], watch, () => this.#topology.run(fillScript, names, args));
    if (reply !== 1) {
      this.#watches.endOne(names[0], watch);
      return undefined;
    }
    const stamp = new RedisStamp(lease.key, watch, generations, names[0], start);
    return this.#dependencies.isAsking || generations.every(({ isAlive }) => isAlive) ? stamp : undefined;
  }

  async release(lease: Lease): Promise<void> {
    if (lease instanceof RedisLease) this.#leases.delete(lease);
    await this.#giveBack(lease.key, lease.token);
  }

  async leaseEnded(key: string, waitMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    const name = this.#names.lease(key);
    const watch = this.#watches.of(name);
    const { isAsking } = this.#dependencies;
    // Who has just been refused the lease knows that it is there.
    const isThere =
      watch.isThere && watch.isAlive && !isAsking
        ? Promise.resolve(true)
        : this.#topology.send(name, ["EXISTS", name]).then((reply) => reply === 1 && !isAsking);
    await leasePause(isThere, (ended) => watch.onEnd(ended), waitMs, signal);
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

  isCurrent(stamp: Stamp, nowMs?: number): boolean | Promise<boolean> {
    if (!(stamp instanceof RedisStamp)) return false;
    if (this.#dependencies.isAsking) return this.#askCurrent(stamp);
    return stamp.isAlive && this.#isTrusted(nowMs);
  }

  token(): string {
    return this.#marks.token();
  }

  async catchUp(token: string): Promise<void> {
    if (this.#isClosed) throw tierFault("closed", "by its owner");
    if (this.#marks.knows(token) && this.#isTrusted()) return;
    // Those of one tick share a round trip: it starts after all of them came.
    this.#barrier ??= Promise.resolve().then(() => {
      this.#barrier = undefined;
      return this.#dependencies.heardAll();
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
      isTelling: !this.#dependencies.isAsking,
      tracked: this.#watches.size,
    };
  }
  collect(): Iterable<MetricSample> {
    return redisSamples(this.stats());
  }

  async #giveBack(key: string, token: string): Promise<void> {
    const names = this.#both(key);
    try {
      await this.#topology.run(releaseScript, names, [token]);
    } finally {
      this.#watches.end(names[1]);
    }
  }

  #isTrusted(now = systemClock.now()): boolean {
    if (!this.#topology.isComplete) return false;
    for (const link of this.#topology.links) if (!link.isTrusted(now)) return false;
    return true;
  }

  #opened(): void {
    const { links } = this.#topology;
    this.#dependencies.isAsking = links.some((link) => !link.isTelling);
    this.#mistrust();
    // A server that doesn't tell its name may be another, or one that has lost what it was told last.
    if (links.some((link) => link.epoch === "")) this.#dependencies.renew();
  }

  /** What was told, and what was known by that, doesn't hold any more. */
  #mistrust(): void {
    this.#watches.endAll();
    this.#dependencies.endAll();
    this.#reader.forget();
    this.#marks.forgetOthers();
    this.#forgotten(undefined);
  }

  #told(name: string | undefined): void {
    if (name === undefined) {
      this.#mistrust();
      return;
    }
    this.#watches.told(name);
    if (this.#dependencies.told(name)) this.#changed(name);
  }

  #changed(generation: string): void {
    // The lease ends by itself as well, only later.
    if (!this.#dependencies.isAsking)
      for (const lease of this.#leases.takeSpoilt()) this.release(lease).catch(() => undefined);
    if (generation === this.#names.namespace) this.#forgotten(undefined);
  }

  async #askCurrent({ generations, name, start }: RedisStamp): Promise<boolean> {
    try {
      const [present, areCurrent] = await Promise.all([
        this.#topology.send(name, ["GETRANGE", name, "0", String(start.length - 1)]),
        this.#dependencies.areCurrent(generations),
      ]);
      return areCurrent && start !== "" && Buffer.isBuffer(present) && present.toString("latin1") === start;
    } catch (error) {
      if (error instanceof SharedTierError) return false;
      throw error;
    }
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
    const head = encodeHead(
      this.#dependencies.root(this.#names.value(key), generations[0]!),
      randomText(),
      stamps,
    );
    return { start: head.toString("latin1"), entry: Buffer.concat([head, bytes]) };
  }

  /** What is watched from now on is the value that we send. */
  #ownWrite(key: string, names: readonly [string, string]): Watch {
    for (const name of names) this.#watches.end(name);
    return this.#watches.of(names[0], key);
  }

  /** Runs a script that answers 1 when it has written what is watched. */
  async #written(name: string, watch: Watch, write: () => Promise<unknown>): Promise<unknown> {
    if (this.#dependencies.isAsking) return write();
    let hasWritten: boolean | undefined;
    watch.beginWrite();
    try {
      const reply = await write();
      hasWritten = reply === 1;
      return reply;
    } finally {
      if (!watch.settleWrite(hasWritten)) this.#watches.endOne(name, watch);
    }
  }

  #bump(names: readonly string[]): Promise<void> {
    return this.#forget(names, () => names.map((name) => this.#dependencies.replace(name)));
  }

  async #forget(names: readonly string[], send: () => readonly Promise<unknown>[]): Promise<void> {
    // What we ask from now on, the server answers afterwards.
    for (const name of names) {
      this.#watches.end(name);
      if (this.#dependencies.end(name)) this.#changed(name);
    }
    const sent = send();
    // The server tells of our own changes as well: by their answers all is told.
    const told = this.#topology.links.map((link) => link.send(["PING"]));
    const [outcomes] = await Promise.all([Promise.allSettled(sent), Promise.allSettled(told)]);
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed) throw failed.reason;
    this.#marks.forgot();
  }
}

const milliseconds = (ms: number): string => String(Math.max(1, Math.min(Math.ceil(ms), 2 ** 48)));

const distinct = (tags: readonly string[]): string[] => [...new Set(tags.map(wellFormed))];
