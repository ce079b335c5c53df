import { describe, expect, it } from "vitest";
import { ConnectionPool, type Lease } from "../../../src/database/pool/connection-pool.ts";
import { seededRandom } from "../../../src/measure/random.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { type FakeConnection, FakePoolTarget, type Turn } from "../../support/fake-pool-target.ts";

const operations = process.env.VICTOR_LONG ? 1_000_000 : 100_000;
const perRun = 1_000;
const never = Number.POSITIVE_INFINITY;

/** A pool in a hostile world: connects, pings, resets and closes that fail or hang, and connections that die. */
class Chaos {
  readonly clock = new FakeClock();
  readonly target: FakePoolTarget;
  readonly pool: ConnectionPool<FakeConnection>;
  readonly #random: () => number;
  readonly #held: Lease<FakeConnection>[] = [];
  readonly #returned: Lease<FakeConnection>[] = [];
  readonly #controllers: AbortController[] = [];
  readonly #broken: string[] = [];
  #pending = 0;
  #failures = 0;
  #bound = 0;

  constructor(seed: number) {
    const random = seededRandom(seed);
    this.#random = random;
    this.target = new FakePoolTarget(this.clock, { canReset: random() < 0.5 });
    this.target.connectTurn = () => {
      const { connecting, pending, minSize } = this.pool?.stats() ?? {
        connecting: 0,
        pending: 0,
        minSize: 0,
      };
      if (connecting > Math.max(pending, minSize)) this.#broken.push("more connects than waiters need");
      return this.#turn(20);
    };
    this.target.pingTurn = () => this.#turn(3);
    this.target.resetTurn = () => this.#turn(3);
    this.target.closeTurn = () => this.#turn(3);
    this.pool = new ConnectionPool(
      "chaos",
      this.target,
      {
        maxSize: this.#upTo(8) + 1,
        acquireTimeoutMs: 300,
        connectTimeoutMs: 60,
        idleTimeoutMs: 200,
        maxLifetimeMs: 1_500,
        keepaliveMs: 90,
        validateAfterIdleMs: 30,
        queueLimit: 40,
        leakThresholdMs: random() < 0.2 ? 100 : 0,
        onLeak: () => undefined,
      },
      this.clock,
      random,
    );
    this.#bound = this.pool.stats().maxSize;
  }

  async run(): Promise<void> {
    for (let i = 0; i < perRun; i++) {
      await this.#operate();
      this.#check(i);
    }
    await this.#recover();
    await this.#end();
  }

  #upTo(count: number): number {
    return Math.floor(this.#random() * count);
  }
  #pick<T>(list: T[]): T | undefined {
    return list[this.#upTo(list.length)];
  }
  #turn(ms: number): Turn {
    const deaf = this.#random() < 0.3;
    const luck = this.#random() * 100;
    if (luck < this.#failures) return { ms: this.#random() * ms, error: new Error("refused"), deaf };
    if (luck < this.#failures * 1.5) return { ms: never, deaf };
    if (luck < this.#failures * 1.8) return { ms: this.#random() * 200, deaf };
    return { ms: this.#random() * ms, deaf };
  }

  async #operate(): Promise<void> {
    const choice = this.#upTo(100);
    if (choice < 35) this.#acquire();
    else if (choice < 60) this.#giveBack((lease) => lease.release());
    else if (choice < 63) this.#giveBack((lease) => lease.destroy());
    else if (choice < 67) this.#giveBack((lease) => [lease.markDirty(), lease.release()]);
    else if (choice < 70) this.#misuse();
    else if (choice < 73) this.#kill();
    else if (choice < 75) this.#pick(this.#controllers)?.abort(new Error("changed my mind"));
    else if (choice < 77) this.#failures = this.#pick([0, 0, 10, 50])!;
    else if (choice < 78) this.#resize();
    else if (choice < 80) this.#take(this.pool.tryAcquire());
    else await this.clock.advance(this.#random() * 15);
    await settle();
  }

  #acquire(): void {
    const now = this.clock.now();
    const deadline = this.#random() < 0.3 ? never : now + this.#random() * 150;
    const controller = this.#random() < 0.2 ? new AbortController() : undefined;
    if (controller) this.#controllers.push(controller);
    this.#pending++;
    const over = (): void => {
      this.#pending--;
      if (this.clock.now() > Math.min(deadline, now + 300)) this.#broken.push("settled after its deadline");
    };
    this.pool.acquire({ deadline, signal: controller?.signal }).then(
      (lease) => {
        over();
        this.#take(lease);
      },
      (error: { code?: string; message: string }) => {
        over();
        const known = ["VICTOR_POOL_TIMEOUT", "VICTOR_POOL_QUEUE_FULL"].includes(error.code ?? "");
        if (!known && error.message !== "changed my mind") this.#broken.push(`unexpected ${error}`);
      },
    );
  }
  #take(lease: Lease<FakeConnection> | undefined): void {
    if (lease === undefined) return;
    if (this.#held.some(({ connection }) => connection === lease.connection))
      this.#broken.push("a connection with two holders");
    if (lease.connection.state !== "open" || !lease.connection.usable)
      this.#broken.push("a broken connection was handed out");
    this.#held.push(lease);
  }
  #giveBack(how: (lease: Lease<FakeConnection>) => unknown): void {
    const [lease] = this.#held.splice(this.#upTo(this.#held.length), 1);
    if (lease === undefined) return;
    how(lease);
    this.#returned.push(lease);
  }
  #misuse(): void {
    const lease = this.#pick(this.#returned);
    lease?.note("stale");
    lease?.markDirty();
    lease?.release();
    lease?.destroy();
  }
  #kill(): void {
    const connection = this.#pick(this.target.connections.filter(({ state }) => state === "open"));
    if (connection) connection.usable = false;
  }
  #resize(): void {
    const maxSize = this.#upTo(8) + 1;
    this.pool.resize({ maxSize, minSize: this.#upTo(Math.min(3, maxSize + 1)) });
  }

  #check(step: number): void {
    const stats = this.pool.stats();
    const total = stats.size + stats.connecting;
    // After a shrink there may be more than the maximum, but never more than there were.
    this.#bound = Math.max(stats.maxSize, Math.min(this.#bound, total));
    expect([...this.#broken, ...this.target.misuses], `at operation ${step}`).toEqual([]);
    expect(total).toBeLessThanOrEqual(this.#bound);
    expect(stats.used).toBe(this.#held.length);
    expect(stats.pending).toBe(this.#pending);
    expect(stats.opened - stats.closed).toBe(stats.size);
    expect(stats.used + stats.idle).toBeLessThanOrEqual(stats.size);
  }

  /** No slot is lost: in a sane world again, all of `maxSize` can be had. */
  async #recover(): Promise<void> {
    this.#failures = 0;
    while (this.#held.length > 0) this.#giveBack((lease) => lease.release());
    await this.clock.advance(10_000);
    while (this.#held.length > 0) this.#giveBack((lease) => lease.release());
    await this.clock.advance(1_000);
    const { maxSize } = this.pool.stats();
    for (let i = 0; i < maxSize; i++) this.#acquireForever();
    await this.clock.advance(299);
    this.#check(perRun);
    expect(this.#held.length).toBe(maxSize);
  }
  #acquireForever(): void {
    this.#pending++;
    this.pool.acquire().then((lease) => {
      this.#pending--;
      this.#take(lease);
    });
  }

  async #end(): Promise<void> {
    const closed = this.pool.close({ deadline: this.clock.now() + 100 });
    while (this.#held.length > 1) this.#giveBack((lease) => lease.release());
    await this.clock.advance(10_000);
    await closed;
    const stats = this.pool.stats();
    expect(stats).toMatchObject({ size: 0, idle: 0, used: 0, connecting: 0, pending: 0 });
    expect(stats.opened).toBe(stats.closed);
    expect(this.target.open).toBe(0);
    expect(this.target.misuses).toEqual([]);
    expect(this.clock.pending).toBe(0);
  }
}

describe("a pool", () => {
  it(`keeps its promises through ${operations} random operations with failures, hangs and kills`, async () => {
    for (let seed = 1; seed <= operations / perRun; seed++)
      await new Chaos(seed).run().catch((error: unknown) => {
        throw new Error(`seed ${seed}`, { cause: error });
      });
  });
});
