import { MemoryHub } from "../../src/cache/memory-hub.ts";
import type { TimerHandle } from "../../src/clock.ts";
import { DatabaseOptimizer } from "../../src/database/optimizer.ts";
import { ConnectionLostError } from "../../src/errors.ts";
import { FaultyTier } from "./faulty-tier.ts";
import {
  ddl,
  pointReads,
  pointWrites,
  reads,
  rowIds,
  SimulatedDatabase,
  writes,
} from "./simulated-database.ts";
import { commitWitness, ReadFailure, SimulatedEngine } from "./simulated-engine.ts";
import { VirtualClock } from "./virtual-clock.ts";
import { type Adversary, VirtualScheduler } from "./virtual-scheduler.ts";

/** What one run did, and what it got wrong. */
export interface TieredRun {
  reads: number;
  hits: number;
  commits: number;
  schemaChanges: number;
  tokens: number;
  cuts: number;
  kills: number;
  readonly stale: string[];
  readonly wrongErrors: string[];
}

export interface TieredFaults {
  /** Are connections to the tier cut, and healed again? */
  readonly cuts: boolean;
  /** Are nodes killed, while their commits are on their way? */
  readonly kills: boolean;
}

const adversaries: readonly Adversary[] = ["uniform", "priority", "latest"];
const maxEvents = 60_000;

/** Runs 2 or 3 nodes, which share results by a tier and hear of each other by nothing else, in the order that `seed` decides. */
export async function tieredRun(seed: number, faults: TieredFaults): Promise<TieredRun> {
  const scheduler = new VirtualScheduler(seed, adversaries[seed % adversaries.length]!);
  const { random } = scheduler;
  const fleet = new Fleet(scheduler, faults);
  for (let count = 2 + random.below(2); count > 0; count--) fleet.add();
  for (const node of fleet.nodes) {
    for (let clients = 1 + random.below(2); clients > 0; clients--) void node.client(6 + random.below(10));
    void node.messages(20);
    if (faults.cuts) void node.cuts(random.below(3));
  }
  if (faults.kills) void fleet.nodes[0]!.killLater(5 + random.below(60));
  await scheduler.run(maxEvents);
  // Whoever still lives now reads everything, with all that happened told.
  for (const node of fleet.nodes) node.settle();
  await scheduler.run(maxEvents);
  for (const node of fleet.nodes) void node.readAll();
  await scheduler.run(maxEvents);
  const { run, database } = fleet;
  run.commits = database.last;
  for (let commit = 1; commit <= database.last; commit++)
    if (database.changed(commit) === undefined) run.schemaChanges++;
  for (const node of fleet.nodes) run.hits += node.optimizer.getCacheStats().hits;
  return run;
}

class Fleet {
  readonly scheduler: VirtualScheduler;
  readonly faults: TieredFaults;
  readonly database = new SimulatedDatabase();
  readonly hub: MemoryHub;
  readonly clock: VirtualClock;
  readonly nodes: FleetNode[] = [];
  readonly run: TieredRun = {
    reads: 0,
    hits: 0,
    commits: 0,
    schemaChanges: 0,
    tokens: 0,
    cuts: 0,
    kills: 0,
    stale: [],
    wrongErrors: [],
  };
  readonly hot: boolean;

  constructor(scheduler: VirtualScheduler, faults: TieredFaults) {
    this.scheduler = scheduler;
    this.faults = faults;
    // The lease of a node that died has to end some time.
    this.clock = new VirtualClock(scheduler, scheduler.random.pick(faults.kills ? [1, 3] : [0.1, 1]));
    this.hub = new MemoryHub({ clock: this.clock });
    this.hot = scheduler.random.chance(0.7);
  }

  add(): void {
    this.nodes.push(new FleetNode(this));
  }
}

class FleetNode {
  readonly optimizer: DatabaseOptimizer;
  readonly #fleet: Fleet;
  readonly #tier: FaultyTier;
  /** Commits that a read begun here now has to see. */
  readonly #known = new Set<number>();
  /** Own ones, acknowledged; and those of which the server was told. */
  readonly #acknowledged = new Set<number>();
  readonly #told = new Set<number>();
  readonly #killed = Promise.withResolvers<void>();
  readonly #timers = new Set<TimerHandle>();
  #isDead = false;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
    const { scheduler, database, clock } = fleet;
    this.#tier = new FaultyTier(fleet.hub.connect(), () => this.#step());
    this.optimizer = new DatabaseOptimizer({
      tier: this.#tier,
      coherence: "tier",
      cacheTtlMs: scheduler.random.pick([Number.POSITIVE_INFINITY, 500]),
      timeoutMs: Number.POSITIVE_INFINITY,
      writeMarkMs: fleet.faults.kills ? 1e9 : scheduler.random.pick([50, 1e6]),
      clock: {
        now: () => clock.now(),
        setTimeout: (fn, delayMs) => {
          if (this.#isDead) return undefined;
          const timer = clock.setTimeout(fn, delayMs);
          this.#timers.add(timer);
          return timer;
        },
        clearTimeout: (timer) => clock.clearTimeout(timer),
      },
      driver: (sink) =>
        new SimulatedEngine({
          database,
          scheduler: {
            random: scheduler.random,
            step: () => Promise.race([scheduler.step(), this.#fate()]),
          } as VirtualScheduler,
          sink,
          witness: { noticed: () => undefined, reconnected: () => undefined },
          shared: false,
          faults: scheduler.random.pick([0, 0.05]),
        }),
    });
  }

  async client(operations: number): Promise<void> {
    const { random } = this.#fleet.scheduler;
    for (; operations > 0; operations--) {
      await this.#step();
      const pick = random.next();
      if (pick < 0.65) await this.#read(...this.#pickRead());
      else if (pick < 0.7) await this.#write(() => this.optimizer.executeQuery(random.pick(ddl)));
      else if (pick < 0.85) await this.#write(() => this.optimizer.executeQuery(...this.#pickWrite()));
      else if (pick < 0.9) await this.#write(() => this.optimizer.executeBatch(pointWrites[0], [[1], [2]]));
      else
        await this.#write(() =>
          this.optimizer.transaction(async (transaction) => {
            for (let count = 1 + random.below(2); count > 0; count--)
              await transaction.executeQuery(...this.#pickWrite());
            if (random.chance(0.2)) throw new RolledBack();
          }),
        );
    }
  }

  /** Messages of the server arrive now and then. */
  async messages(count: number): Promise<void> {
    for (; count > 0; count--) {
      await this.#step();
      this.#deliver();
    }
  }

  async cuts(count: number): Promise<void> {
    const { scheduler, run } = this.#fleet;
    for (; count > 0; count--) {
      for (let wait = scheduler.random.below(20); wait > 0; wait--) await this.#step();
      run.cuts++;
      this.#tier.cut();
      for (let wait = scheduler.random.below(20); wait > 0; wait--) await this.#step();
      this.#tier.heal();
    }
  }

  async killLater(events: number): Promise<void> {
    for (; events > 0; events--) await this.#step();
    this.#fleet.run.kills++;
    this.#isDead = true;
    for (const timer of this.#timers) this.#fleet.clock.clearTimeout(timer);
    this.#killed.resolve();
  }

  settle(): void {
    if (this.#isDead) return;
    this.#tier.heal();
    // Whoever asks has what is pending told first.
    void this.optimizer.executeQuery(reads[0]).catch(() => undefined);
  }

  async readAll(): Promise<void> {
    if (this.#isDead) return;
    this.#deliver();
    const { faults, database } = this.#fleet;
    // A dead writer's news may have been lost in an outage, but not in none.
    if (!faults.cuts) for (let commit = 1; commit <= database.last; commit++) this.#known.add(commit);
    for (const sql of reads) await this.#read(sql, []);
    for (const sql of pointReads) for (const id of rowIds) await this.#read(sql, [id]);
  }

  /** What the server was told until now is known here. */
  #deliver(): void {
    if (!this.#tier.isConnected) return;
    this.#tier.deliver();
    for (const node of this.#fleet.nodes) for (const commit of node.told()) this.#known.add(commit);
  }

  /** Commits of this node of which the server knows. */
  told(): ReadonlySet<number> {
    if (this.#pending() === 0) for (const commit of this.#acknowledged) this.#told.add(commit);
    return this.#told;
  }

  #pending(): number {
    for (const sample of this.optimizer.collect())
      if (sample.type === "gauge" && sample.name === "victor.cache.pending") return sample.value;
    return 0;
  }

  async #read(sql: string, params: unknown[]): Promise<void> {
    const { run, scheduler, nodes, database } = this.#fleet;
    run.reads++;
    const known = new Set(this.#known);
    let after: string | undefined;
    const other = scheduler.random.pick(nodes);
    if (scheduler.random.chance(0.2) && !other.#isDead) {
      run.tokens++;
      after = other.optimizer.token();
      for (const commit of other.told()) known.add(commit);
    }
    let required = 0;
    for (const commit of known)
      if (
        commit > required &&
        database.answer(sql, params, commit) !== database.answer(sql, params, commit - 1)
      )
        required = commit;
    try {
      const { rows } = await this.optimizer.executeQuery(sql, params, after === undefined ? {} : { after });
      const answer = JSON.stringify(rows);
      for (let commit = required; commit <= database.last; commit++)
        if (database.answer(sql, params, commit) === answer) return;
      run.stale.push(
        `${sql} [${params}] at event ${scheduler.now}: ${answer} is older than commit ${required}`,
      );
    } catch (error) {
      if (!(error instanceof ReadFailure)) run.wrongErrors.push(`${sql}: ${error}`);
    }
  }

  async #write(write: () => Promise<unknown>): Promise<void> {
    let committed: number | undefined;
    try {
      await commitWitness.run((commit) => {
        committed = commit;
      }, write);
    } catch (error) {
      if (!(error instanceof ConnectionLostError || error instanceof RolledBack))
        this.#fleet.run.wrongErrors.push(`write: ${error}`);
    }
    if (committed === undefined) return;
    this.#known.add(committed);
    this.#acknowledged.add(committed);
  }

  #pickRead(): [string, unknown[]] {
    const { hot, scheduler } = this.#fleet;
    const { random } = scheduler;
    if (random.chance(0.4)) return [random.pick(pointReads), [hot ? 1 : random.pick(rowIds)]];
    return [hot ? random.pick([reads[0], reads[3], reads[5]]) : random.pick(reads), []];
  }

  #pickWrite(): [string, unknown[]] {
    const { hot, scheduler } = this.#fleet;
    const { random } = scheduler;
    if (random.chance(0.5)) return [random.pick(pointWrites), [hot ? 1 : random.pick(rowIds)]];
    return [hot ? random.pick([writes[0], writes[3]]) : random.pick(writes), []];
  }

  /** A dead process does nothing more. */
  async #step(): Promise<void> {
    await this.#fleet.scheduler.step();
    if (this.#isDead) await new Promise(() => undefined);
  }

  /** What was on its way to the database when the process died takes effect now, or never. */
  async #fate(): Promise<void> {
    await this.#killed.promise;
    if (this.#fleet.scheduler.random.chance(0.5)) await new Promise(() => undefined);
  }
}

class RolledBack extends Error {}
