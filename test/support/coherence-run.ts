import type { Clock } from "../../src/clock.ts";
import { DatabaseOptimizer } from "../../src/database/optimizer.ts";
import { ConnectionLostError } from "../../src/errors.ts";
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
import { type Adversary, VirtualScheduler } from "./virtual-scheduler.ts";

/** What one run did, and what it got wrong. */
export interface CoherenceRun {
  reads: number;
  hits: number;
  coalesced: number;
  staleHits: number;
  rejectedFills: number;
  commits: number;
  rollbacks: number;
  schemaChanges: number;
  unknownOutcomes: number;
  reconnects: number;
  /** Reads that gave a version before a write that they had to see. */
  readonly stale: string[];
  /** Errors that reached somebody whom they don't concern. */
  readonly wrongErrors: string[];
}

const adversaries: readonly Adversary[] = ["uniform", "priority", "latest"];
const maxEvents = 20_000;

/** Runs 1 to 3 simulated nodes with a few clients each against one database, in the order that `seed` decides. */
export async function coherenceRun(seed: number): Promise<CoherenceRun> {
  const scheduler = new VirtualScheduler(seed, adversaries[seed % adversaries.length]!);
  const { random } = scheduler;
  const database = new SimulatedDatabase();
  const run: CoherenceRun = {
    reads: 0,
    hits: 0,
    coalesced: 0,
    staleHits: 0,
    rejectedFills: 0,
    commits: 0,
    rollbacks: 0,
    schemaChanges: 0,
    unknownOutcomes: 0,
    reconnects: 0,
    stale: [],
    wrongErrors: [],
  };
  const count = 1 + random.below(3);
  const faults = random.pick([0, 0, 0.05, 0.2]);
  const timing = random.pick([
    { cacheTtlMs: Number.POSITIVE_INFINITY },
    { cacheTtlMs: Number.POSITIVE_INFINITY },
    { cacheTtlMs: 60 },
    { cacheTtlMs: 20, cacheStaleMs: 100 },
  ]);
  const cacheSize = random.pick([2, 100]);
  // A few hot statements collide more often than many cold ones.
  const hot = random.chance(0.7);
  const schemaStorm: Load = {
    reads: ["SELECT * FROM v"],
    writes: ["UPDATE a", "UPDATE b"],
    rows: rowIds,
    pointShare: 0,
    writeShare: 0.4,
    ddlShare: 0.3,
    maxClients: 5,
  };
  const mixed: Load = {
    reads: hot ? [random.pick(reads), random.pick(reads)] : reads,
    writes: hot ? [random.pick(writes), random.pick(writes)] : writes,
    rows: hot ? [random.pick(rowIds)] : rowIds,
    pointShare: random.pick([0, 0.3, 0.7]),
    writeShare: random.pick([0.1, 0.25, 0.4]),
    ddlShare: random.pick([0, 0.1, 0.4]),
    maxClients: 3,
  };
  const load = random.chance(0.2) ? schemaStorm : mixed;
  const clock: Clock = { now: () => scheduler.now, setTimeout: () => undefined, clearTimeout: () => {} };
  const nodes = Array.from({ length: count }, () => {
    const node = new Node(scheduler, database, run, { ...timing, cacheSize, clock }, count > 1, faults, load);
    for (let client = 1 + random.below(load.maxClients); client > 0; client--)
      void node.client(4 + random.below(10));
    if (count > 1 && faults > 0) void node.faults(1 + random.below(2));
    return node;
  });
  await scheduler.run(maxEvents);
  run.commits = database.last;
  for (let commit = 1; commit <= database.last; commit++)
    if (database.changed(commit) === undefined) run.schemaChanges++;
  for (const node of nodes) node.collect();
  return run;
}

type Settings = { cacheTtlMs: number; cacheStaleMs?: number; cacheSize: number; clock: Clock };

/** What the clients do; shares are probabilities. */
interface Load {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly rows: readonly number[];
  readonly pointShare: number;
  readonly writeShare: number;
  /** Of the writes. */
  readonly ddlShare: number;
  /** Clients of a node. */
  readonly maxClients: number;
}

class Node {
  readonly #scheduler: VirtualScheduler;
  readonly #database: SimulatedDatabase;
  readonly #run: CoherenceRun;
  readonly #optimizer: DatabaseOptimizer;
  readonly #load: Load;
  #engine: SimulatedEngine | undefined;
  /** Commits that a read begun now has to see. */
  readonly #known = new Set<number>();
  readonly #noticed = new Set<number>();
  /** Commits of this node's own, from the moment that they take effect. */
  readonly #own = new Set<number>();

  constructor(
    scheduler: VirtualScheduler,
    database: SimulatedDatabase,
    run: CoherenceRun,
    settings: Settings,
    shared: boolean,
    faults: number,
    load: Load,
  ) {
    this.#load = load;
    this.#scheduler = scheduler;
    this.#database = database;
    this.#run = run;
    const witness = {
      noticed: (commit: number) => {
        this.#noticed.add(commit);
        this.#known.add(commit);
      },
      reconnected: (last: number) => {
        run.reconnects++;
        for (let commit = 1; commit <= last; commit++) witness.noticed(commit);
      },
    };
    this.#optimizer = new DatabaseOptimizer({
      ...settings,
      timeoutMs: Number.POSITIVE_INFINITY,
      driver: (sink) => {
        this.#engine = new SimulatedEngine({ database, scheduler, sink, witness, shared, faults });
        return this.#engine;
      },
    });
  }

  /** Does `operations` one after the other. */
  async client(operations: number): Promise<void> {
    const { random } = this.#scheduler;
    for (; operations > 0; operations--) {
      await this.#scheduler.step();
      const { writeShare, ddlShare } = this.#load;
      if (!random.chance(writeShare)) await this.#read();
      else if (random.chance(ddlShare))
        await this.#write(() => this.#optimizer.executeQuery(random.pick(ddl)));
      else if (random.chance(0.5))
        await this.#write(() => this.#optimizer.executeQuery(...this.#statement()));
      else if (random.chance(0.2))
        await this.#write(() => this.#optimizer.executeBatch(pointWrites[0], [[1], [2]]));
      else await this.#write(() => this.#transaction());
    }
  }

  async faults(count: number): Promise<void> {
    for (; count > 0; count--) {
      await this.#scheduler.step();
      await this.#engine?.breakConnection();
    }
  }

  collect(): void {
    const stats = this.#optimizer.getCacheStats();
    this.#run.hits += stats.hits;
    this.#run.coalesced += stats.coalesced;
    this.#run.staleHits += stats.staleHits;
    this.#run.rejectedFills += stats.rejectedFills;
  }

  async #read(): Promise<void> {
    const { random } = this.#scheduler;
    const { pointShare, rows: hotRows, reads } = this.#load;
    const point = random.chance(pointShare);
    const sql = point ? random.pick(pointReads) : random.pick(reads);
    const params = point ? [random.pick(hotRows)] : [];
    const abort = random.chance(0.1) ? new AbortController() : undefined;
    if (abort) void this.#scheduler.step().then(() => abort.abort());
    this.#run.reads++;
    const required = this.#required(sql, params);
    try {
      const { rows } = await this.#optimizer.executeQuery(sql, params, abort && { signal: abort.signal });
      this.#judge(sql, params, required, JSON.stringify(rows));
    } catch (error) {
      if (error instanceof ReadFailure || (abort?.signal.aborted && error === abort.signal.reason)) return;
      this.#run.wrongErrors.push(`${sql}: ${error}`);
    }
  }

  /** The last commit known to this node that changed the answer to a read. */
  #required(sql: string, params: readonly unknown[]): number {
    let required = 0;
    for (const commit of this.#known)
      if (
        commit > required &&
        this.#database.answer(sql, params, commit) !== this.#database.answer(sql, params, commit - 1)
      )
        required = commit;
    return required;
  }

  #judge(sql: string, params: readonly unknown[], required: number, answer: string): void {
    for (let commit = required; commit <= this.#database.last; commit++)
      if (this.#database.answer(sql, params, commit) === answer) return;
    this.#run.stale.push(
      `${sql} [${params}] at event ${this.#scheduler.now}: ${answer} is older than commit ${required}`,
    );
  }

  #statement(): [string, unknown[]] {
    const { random } = this.#scheduler;
    const { pointShare, rows: hotRows, writes } = this.#load;
    return random.chance(pointShare)
      ? [random.pick(pointWrites), [random.pick(hotRows)]]
      : [random.pick(writes), []];
  }

  #transaction(): Promise<unknown> {
    const { random } = this.#scheduler;
    return this.#optimizer.transaction(async (transaction) => {
      for (let statements = 1 + random.below(3); statements > 0; statements--) {
        if (random.chance(0.3)) await transaction.executeQuery(random.pick(reads));
        else if (random.chance(0.1)) await transaction.executeQuery(random.pick(ddl));
        else await transaction.executeQuery(...this.#statement());
      }
      if (random.chance(0.3)) throw new RolledBack();
    });
  }

  /** Runs a write and notes its commit as acknowledged when it returns; an unknown outcome counts as committed. */
  async #write(write: () => Promise<unknown>): Promise<void> {
    let committed: number | undefined;
    const witness = (commit: number) => {
      committed = commit;
      this.#own.add(commit);
    };
    try {
      await commitWitness.run(witness, write);
    } catch (error) {
      if (error instanceof ConnectionLostError) this.#run.unknownOutcomes++;
      else if (error instanceof RolledBack) this.#run.rollbacks++;
      else this.#run.wrongErrors.push(`write: ${error}`);
    }
    if (committed !== undefined) this.#acknowledged(committed);
  }

  #acknowledged(commit: number): void {
    // Where another node has changed the schema and this one hasn't heard of it yet, it can't know all that its own
    // write changed (a new trigger, say): that it learns with the notices.
    for (let earlier = 1; earlier < commit; earlier++)
      if (this.#foreignDdl(earlier) && !this.#noticed.has(earlier)) return;
    this.#known.add(commit);
  }

  #foreignDdl(commit: number): boolean {
    return this.#database.changed(commit) === undefined && !this.#own.has(commit);
  }
}

class RolledBack extends Error {}
