import { type ChildProcess, fork } from "node:child_process";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { notifyChannel } from "../../src/database/postgres/notify-triggers.ts";
import { seededRandom } from "../../src/measure/index.ts";
import {
  barrierPrefix,
  type NodeReply,
  type NodeRequest,
  type NodeSettings,
  type Step,
  type Write,
} from "./coherence-node.ts";
import { reads, rowIds, truthSql, type Versions } from "./coherence-statements.ts";
import { StallingProxy } from "./stalling-proxy.ts";

/** What the interleavings did, and what they got wrong. */
export interface CoherenceFigures {
  interleavings: number;
  reads: number;
  writes: number;
  rollbacks: number;
  schemaChanges: number;
  unknownOutcomes: number;
  /** Reads that failed with their connection. */
  failedReads: number;
  barriers: number;
  cuts: number;
  hits: number;
  rejectedFills: number;
  coalesced: number;
  /** Reads that gave a version before one that they had to see, or one that was rolled back. */
  readonly stale: string[];
}

const entry = fileURLToPath(new URL("./coherence-node.ts", import.meta.url));
/** Operations under way in one process at most. */
const maxInFlight = 4;
/** Nothing takes longer once nothing is held back. */
const patienceMs = 30_000;
/** More columns would make the reads slow. */
const maxColumns = 40;

/** Processes that share a database, driven step by step in the order that a seed decides. */
export class CoherenceProcesses implements AsyncDisposable {
  readonly figures: CoherenceFigures = {
    interleavings: 0,
    reads: 0,
    writes: 0,
    rollbacks: 0,
    schemaChanges: 0,
    unknownOutcomes: 0,
    failedReads: 0,
    barriers: 0,
    cuts: 0,
    hits: 0,
    rejectedFills: 0,
    coalesced: 0,
    stale: [],
  };
  readonly #nodes: readonly Node[];
  readonly #server: pg.Client;
  readonly #listens: boolean;
  /** What has been acknowledged to anybody. */
  #acknowledged: Versions = {};
  /** Epochs that can have begun by now. */
  #epochs: Versions = {};
  readonly #rolledBack = new Set<number>();
  readonly #seenWriters = new Map<number, string>();
  #nextId = 1;
  #nextBarrier = 1;
  #asked: Promise<unknown> = Promise.resolve();
  #ddl: "free" | "taken" | "unclear" = "free";

  private constructor(nodes: readonly Node[], server: pg.Client, listens: boolean) {
    this.#nodes = nodes;
    this.#server = server;
    this.#listens = listens;
  }

  /** @param url of a database with `schemaSql`, and notify triggers where the coherence asks for them */
  static async start(
    count: number,
    settings: Pick<NodeSettings, "coherence" | "sabotage"> & { readonly url: string },
  ): Promise<CoherenceProcesses> {
    const server = new pg.Client(settings.url);
    await server.connect();
    const nodes: Node[] = [];
    for (let i = 0; i < count; i++) {
      const proxy = await StallingProxy.start(settings.url);
      const node = new Node(`process ${i + 1}`, proxy);
      nodes.push(node);
      node.send({ ask: "open", settings: { ...settings, url: proxy.urlOf(settings.url) } });
      await node.until(() => node.opened, "open");
    }
    const processes = new CoherenceProcesses(nodes, server, settings.coherence === "notify");
    await processes.#reset();
    return processes;
  }

  /** One seeded order of steps, and what follows once everything has come to rest. */
  async interleaving(seed: number): Promise<void> {
    const random = seededRandom(seed);
    const below = (n: number): number => Math.floor(random() * n);
    const pick = <T>(items: readonly T[]): T => items[below(items.length)]!;
    const faults = seed % 3 === 0;
    // A few statements and rows at a time, so that reads meet writes, and each other.
    const hotReads = Array.from({ length: 4 }, () => below(reads.length));
    const hotRows = [pick(rowIds), pick(rowIds)];
    const step = (): Step => ({
      statement: pick(["row", "row", "column", "other", "bulk"]),
      id: pick(hotRows),
    });
    for (let steps = 40 + below(40); steps > 0; steps--) {
      const node = pick(this.#nodes);
      const chance = random();
      if (chance < 0.7) {
        if (node.inFlight.size >= maxInFlight) await node.next(3);
        else if (random() < 0.65) this.#read(node, pick(hotReads), pick(hotRows));
        else this.#write(node, this.#anyWrite(random, pick, step));
      } else if (chance < 0.8) {
        const link = pick([...node.proxy.links]);
        if (link) link.hold(random() < 0.8 ? "replies" : "requests");
      } else if (chance < 0.88) pick([...node.proxy.links])?.release();
      else if (chance < 0.96) this.#barrier();
      else if (faults && random() < 0.3) node.proxy.cutListeners();
      else if (faults) node.proxy.armed = pick(["request", "reply"]);
      const pause = random();
      if (pause < 0.4) await turn();
      else if (pause < 0.8) await node.next(3);
      else await sleep(1 + below(3));
    }
    await this.#comeToRest();
    this.figures.interleavings++;
  }

  /** Closes the optimizers and takes in their figures. */
  async close(): Promise<void> {
    for (const node of this.#nodes) {
      node.send({ ask: "close" });
      await node.until(() => node.closed !== undefined, "close");
      this.figures.hits += node.closed!.hits;
      this.figures.rejectedFills += node.closed!.rejectedFills;
      this.figures.coalesced += node.closed!.coalesced;
      this.figures.cuts += node.proxy.cuts;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.#nodes) {
      node.child.kill("SIGKILL");
      node.proxy.close();
    }
    await this.#server.end();
  }

  #anyWrite(random: () => number, pick: <T>(items: readonly T[]) => T, step: () => Step): Write {
    const rollsBack = random() < 0.3;
    const chance = random();
    if (chance < 0.45) return { kind: "statement", step: step() };
    if (chance < 0.52) return { kind: "batch", ids: [1, 3] };
    if (chance < 0.7) {
      const steps = Array.from({ length: 1 + Math.floor(random() * 3) }, step);
      return { kind: "steps", steps, undone: random() < 0.3 ? step() : undefined, rollsBack };
    }
    if (chance < 0.82) return { kind: "toggle", id: pick(rowIds), rollsBack };
    if (chance < 0.9 || this.#ddl !== "free") return { kind: "refill", rollsBack };
    const version = (cell: string): number => (this.#acknowledged[cell] ?? 0) + 1;
    if (chance < 0.94) return { kind: "view", version: version("definition") };
    if (chance < 0.97 && version("added") <= maxColumns)
      return { kind: "column added", version: version("added") };
    return { kind: "swap", version: version("front"), rollsBack };
  }

  #read(node: Node, read: number, row: number): void {
    this.figures.reads++;
    const id = this.#nextId++;
    node.start({ ask: "read", id, read, row }, (reply) => {
      if (reply.told !== "read") return;
      if (reply.failed) this.figures.failedReads++;
      this.figures.stale.push(...reply.stale.map((text) => `${node.name}: ${text}`));
      for (const [cell, version] of Object.entries(reply.missing))
        if ((this.#epochs[cell] ?? 0) <= version)
          this.figures.stale.push(
            `${node.name}: ${reads[read]!.sql} [${row}]: ${cell} is missing since before ${version}`,
          );
      for (const writer of reply.writers)
        this.#seenWriters.set(writer, `${node.name}: ${reads[read]!.sql} [${row}]`);
    });
  }

  #write(node: Node, write: Write): void {
    this.figures.writes++;
    const id = this.#nextId++;
    const isDdl = write.kind === "view" || write.kind === "column added" || write.kind === "swap";
    if (isDdl) this.#ddl = "taken";
    const epoch =
      write.kind === "toggle" ? `epoch${write.id}` : write.kind === "refill" ? "epoch4" : undefined;
    if (epoch) this.#epochs[epoch] = (this.#epochs[epoch] ?? 0) + 1;
    node.start({ ask: "write", id, write }, (reply) => {
      if (reply.told !== "written") return;
      raise(this.#acknowledged, reply.versions);
      // Another one could take effect before one of which nobody knows whether it still will.
      if (isDdl) this.#ddl = reply.outcome === "unknown" ? "unclear" : "free";
      if (isDdl && reply.outcome === "committed") this.figures.schemaChanges++;
      if (reply.outcome === "rolled back") {
        this.figures.rollbacks++;
        this.#rolledBack.add(id);
      } else if (reply.outcome === "unknown") {
        this.figures.unknownOutcomes++;
        void this.#require(node, id);
      }
    });
  }

  /** Asks the server itself, past all proxies, one question after the other. */
  #ask(sql: string, params: readonly unknown[] = []): Promise<pg.QueryResult> {
    const answer = this.#asked.then(() => this.#server.query(sql, [...params]));
    this.#asked = answer;
    return answer;
  }

  /** What a write of unknown outcome has changed after all, its own process must see from now on. */
  async #require(node: Node, writer: number): Promise<void> {
    const { rows } = await this.#ask("SELECT id, v FROM t WHERE w = $1", [writer]);
    const versions = Object.fromEntries(rows.map(({ id, v }) => [`t${id}.v`, v]));
    node.send({ ask: "require", versions });
  }

  /** Tells all processes, behind the notices of what is acknowledged by now, what they have to see from then on. */
  #barrier(): number {
    if (!this.#listens) return 0;
    this.figures.barriers++;
    const number = this.#nextBarrier++;
    const payload = barrierPrefix + JSON.stringify([number, this.#acknowledged]);
    void this.#ask("SELECT pg_notify($1, $2)", [notifyChannel, payload]);
    return number;
  }

  /** Lets all end, and reads once more: everything must be seen now. */
  async #comeToRest(): Promise<void> {
    for (const node of this.#nodes) node.proxy.release();
    for (const node of this.#nodes) await node.until(() => node.inFlight.size === 0, "its operations");
    await this.#truth();
    if (this.#listens) {
      const first = this.#barrier();
      // Where its connection was cut, it hears only of what is sent after it listens again.
      for (const node of this.#nodes)
        await node.until(
          () => node.barrier >= first,
          "a barrier",
          () => this.#barrier(),
        );
    } else for (const node of this.#nodes) node.send({ ask: "require", versions: this.#acknowledged });
    for (const round of [1, 2])
      for (const node of this.#nodes) {
        for (const read of reads.keys()) this.#read(node, read, rowIds[(read + round) % rowIds.length]!);
        await node.until(() => node.inFlight.size === 0, "its last reads");
      }
    for (const [writer, where] of this.#seenWriters)
      if (this.#rolledBack.has(writer))
        this.figures.stale.push(`${where}: saw write ${writer}, which was rolled back`);
    this.#seenWriters.clear();
    this.#rolledBack.clear();
    await this.#reset();
  }

  /** Takes over what is in the database, once nothing runs there. */
  async #truth(): Promise<void> {
    const running = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'victor-optimizations'
      AND backend_type = 'client backend' AND state <> 'idle' AND query NOT LIKE '%pg_event_trigger%'`;
    for (const until = Date.now() + patienceMs; (await this.#ask(running)).rows[0].n > 0; await sleep(1))
      if (Date.now() > until) throw new Error("statements run on for ever");
    const { rows } = await this.#ask(truthSql);
    this.#acknowledged = Object.fromEntries(rows.map(({ cell, v }) => [cell, v]));
    this.#epochs = { ...this.#acknowledged };
  }

  async #reset(): Promise<void> {
    await this.#truth();
    this.#ddl = "free";
    for (const node of this.#nodes) {
      node.isReset = false;
      node.send({ ask: "reset", versions: this.#acknowledged });
      await node.until(() => node.isReset, "reset");
    }
  }
}

/** One process, seen from here. */
class Node {
  readonly name: string;
  readonly proxy: StallingProxy;
  readonly child: ChildProcess;
  readonly inFlight = new Map<number, (reply: NodeReply) => void>();
  opened = false;
  isReset = false;
  closed: Extract<NodeReply, { told: "closed" }> | undefined;
  /** The last one that it has heard of. */
  barrier = 0;
  #failure: Error | undefined;
  #told = Promise.withResolvers<void>();

  constructor(name: string, proxy: StallingProxy) {
    this.name = name;
    this.proxy = proxy;
    this.child = fork(entry, { execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.child.on("message", (reply: NodeReply) => this.#receive(reply));
    this.child.on("exit", (code, signal) => {
      if (!this.closed) this.#fail(`ended with ${signal ?? code}`);
    });
  }

  send(request: NodeRequest): void {
    this.child.send(request);
  }

  start(request: NodeRequest & { readonly id: number }, done: (reply: NodeReply) => void): void {
    this.inFlight.set(request.id, done);
    this.send(request);
  }

  /** Waits until it tells something, but no longer than so many milliseconds. */
  async next(ms: number): Promise<void> {
    if (this.#failure) throw this.#failure;
    await Promise.race([this.#told.promise, sleep(ms)]);
  }

  async until(isDone: () => boolean, what: string, again?: () => void): Promise<void> {
    let asked = Date.now();
    for (const until = asked + patienceMs; !isDone(); ) {
      await this.next(20);
      if (Date.now() > until) throw new Error(`${this.name} waits for ${what}`);
      if (again && Date.now() > asked + 100) {
        asked = Date.now();
        again();
      }
    }
  }

  #receive(reply: NodeReply): void {
    if (reply.told === "opened") this.opened = true;
    else if (reply.told === "reset") this.isReset = true;
    else if (reply.told === "closed") this.closed = reply;
    else if (reply.told === "noticed") this.barrier = Math.max(this.barrier, reply.barrier);
    else if (reply.told === "failed") this.#fail(reply.what);
    else {
      this.inFlight.get(reply.id)?.(reply);
      this.inFlight.delete(reply.id);
    }
    this.#told.resolve();
    this.#told = Promise.withResolvers();
  }

  #fail(what: string): void {
    this.#failure ??= new Error(`${this.name}: ${what}`);
    this.#told.resolve();
  }
}

function raise(into: Versions, versions: Versions): void {
  for (const [cell, version] of Object.entries(versions)) into[cell] = Math.max(into[cell] ?? 0, version);
}
