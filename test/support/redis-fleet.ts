import { type ChildProcess, fork } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { seededRandom } from "../../src/measure/index.ts";
import type { CacheAnswer, CacheOrder, SourceAnswer } from "./redis-node.ts";

/** What the interleavings did, and what they got wrong. */
export interface CacheFleetFigures {
  reads: number;
  hits: number;
  loads: number;
  changes: number;
  pending: number;
  readonly faults: Record<string, number>;
  readonly stale: string[];
  readonly failures: string[];
}

/** Something done to a node, or to what is between it and the server; resolves once it is over. */
export type FleetFault = readonly [name: string, act: (fleet: RedisFleet, node: number) => Promise<unknown>];

export interface RedisFleetOptions {
  readonly processes: number;
  /** How node `index` reaches the server. */
  readonly urlOf: (index: number) => string;
  readonly faults: readonly FleetFault[];
  /** Fleets may count in the same. @default new ones */
  readonly figures?: CacheFleetFigures;
  /** Folder where the nodes keep what they compiled. @default they compile anew */
  readonly codeCache?: string;
}

export function newFigures(): CacheFleetFigures {
  return { reads: 0, hits: 0, loads: 0, changes: 0, pending: 0, faults: {}, stale: [], failures: [] };
}

interface FleetNode {
  process: ChildProcess;
  /** What it has itself forgotten, by key. */
  floors: Map<string, number>;
}

interface Change {
  readonly key: string;
  readonly version: number;
  /** When the fleet had been told, by our clock. */
  readonly atMs: number;
}

const entry = fileURLToPath(new URL("./redis-node.ts", import.meta.url));
const keys = ["a", "b", "{c}"];
const tagsOf: Readonly<Record<string, readonly string[]>> = { a: ["s"], b: ["s", "t"], "{c}": ["t"] };
const stepsOfEach = 30;
/** All is short, so that many interleavings run into it. */
const trustMs = 120;
const tier = {
  timeoutMs: 100,
  heartbeatMs: 25,
  trustMs,
  connectTimeoutMs: 3_000,
  maxReconnectMs: 20,
  maxTracked: 64,
};
const cache = { leaseMs: 200, maxWaitMs: 100, tierTimeoutMs: 120, staleIfErrorMs: 60_000, degradedTtlMs: 50 };

/**
 * Processes with a cache each on one Redis, and the source whose versions they load. A read must not give a version that was
 * outdated when it began: by what the node itself forgot, by what its token tells, and by all that the fleet was told of more than
 * `trustMs` before.
 */
export class RedisFleet implements Disposable {
  readonly figures: CacheFleetFigures;
  readonly #options: RedisFleetOptions;
  readonly #nodes: FleetNode[];
  readonly #waiting = new Map<number, (answer: CacheAnswer) => void>();
  /** Orders under way, of each process. */
  readonly #asked = new WeakMap<ChildProcess, Set<number>>();
  #space = "";
  #versions: Record<string, number> = {};
  #random = Math.random;
  #orders = 0;

  constructor(options: RedisFleetOptions) {
    this.#options = options;
    this.figures = options.figures ?? newFigures();
    this.#nodes = Array.from({ length: options.processes }, (_, i) => this.#started(i));
  }

  [Symbol.dispose](): void {
    for (const { process } of this.#nodes) process.kill("SIGKILL");
  }

  signal(node: number, signal: NodeJS.Signals): void {
    this.#nodes[node]!.process.kill(signal);
  }

  /** Kills a process, and starts another in its place. */
  replace(node: number): void {
    this.signal(node, "SIGKILL");
    Object.assign(this.#nodes[node]!, this.#started(node));
  }

  block(node: number, ms: number): Promise<unknown> {
    return this.#ask(this.#nodes[node]!, { space: this.#space, op: "block", key: "", tags: [], version: ms });
  }

  async interleave(seed: number): Promise<void> {
    this.#space = `s${seed}`;
    this.#random = seededRandom(seed);
    this.#versions = Object.fromEntries(keys.map((key) => [key, 1]));
    for (const node of this.#nodes) node.floors = new Map();
    const tokens: { token: string; floors: Map<string, number> }[] = [];
    const told: Change[] = [];
    const changing = new Set<string>();
    const running = new Set<Promise<unknown>>();

    const read = async (node: FleetNode, key: string): Promise<void> => {
      const op = this.#random() < 0.75 ? "getOrLoad" : "get";
      const mark = tokens.length > 0 && this.#random() < 0.6 ? this.#pick(tokens) : undefined;
      const beganMs = performance.now();
      const floor = Math.max(
        node.floors.get(key) ?? 0,
        mark?.floors.get(key) ?? 0,
        ...told
          .filter((it) => it.key === key && it.atMs + trustMs + 5 < beganMs)
          .map(({ version }) => version),
      );
      const { version } = await this.#ask(node, {
        space: this.#space,
        op,
        key,
        tags: tagsOf[key]!,
        version: 0,
        after: mark?.token,
      });
      this.figures.reads++;
      if (version === undefined) return;
      this.figures.hits++;
      if (version < floor)
        this.figures.stale.push(
          `seed ${seed}: ${op} of ${key} ${mark ? "with a token " : ""}gave version ${version}, ${floor} was told`,
        );
    };
    const change = async (node: FleetNode): Promise<void> => {
      const op = this.#pick(["delete", "set", "set", "deleteByTag", "clear"] as const);
      const key = this.#pick(keys);
      const tags = op === "deleteByTag" ? [tagsOf[key]![0]!] : tagsOf[key]!;
      const all =
        op === "clear"
          ? keys
          : op === "deleteByTag"
            ? keys.filter((it) => tagsOf[it]!.includes(tags[0]!))
            : [key];
      // Whoever sets a value has to know that it is the newest: nobody else may write it at the time.
      if (all.some((it) => changing.has(it))) return;
      for (const it of all) changing.add(it);
      const floors = new Map(all.map((it) => [it, ++this.#versions[it]!]));
      const own = node.floors;
      const version = this.#versions[key]!;
      const { reach, token } = await this.#ask(node, { space: this.#space, op, key, tags, version });
      this.figures.changes++;
      for (const it of all) changing.delete(it);
      if (reach === undefined) return;
      for (const [it, least] of floors) own.set(it, Math.max(least, own.get(it) ?? 0));
      if (reach === "pending") {
        this.figures.pending++;
        return;
      }
      tokens.push({ token: token!, floors });
      for (const [it, least] of floors) told.push({ key: it, version: least, atMs: performance.now() });
    };

    let fault: Promise<unknown> = Promise.resolve();
    for (let step = 0; step < stepsOfEach; step++) {
      const at = Math.floor(this.#random() * this.#nodes.length);
      const node = this.#nodes[at]!;
      const dice = this.#random();
      if (dice < 0.06 && this.#options.faults.length > 0) {
        const [name, act] = this.#pick(this.#options.faults);
        this.figures.faults[name] = (this.figures.faults[name] ?? 0) + 1;
        fault = fault.then(() => act(this, at));
        continue;
      }
      const done = dice < 0.7 ? read(node, this.#pick(keys)) : change(node);
      running.add(done);
      void done.finally(() => running.delete(done));
      if (running.size >= 6 || (running.size > 0 && this.#random() < 0.25)) await Promise.race(running);
    }
    await fault;
    await Promise.all(running);
    await sleep(trustMs + 10);
    await Promise.all(this.#nodes.flatMap((node) => keys.map((key) => read(node, key))));
  }

  #started(index: number): FleetNode {
    const options = { tier: { ...tier, url: this.#options.urlOf(index) }, cache };
    const { codeCache } = this.#options;
    const node = fork(entry, [JSON.stringify(options)], {
      execArgv: ["--no-warnings"],
      stdio: "inherit",
      env: { ...process.env, ...(codeCache !== undefined && { NODE_COMPILE_CACHE: codeCache }) },
    });
    const own = new Set<number>();
    node.on("message", (answer: CacheAnswer) => {
      if (answer.load !== undefined) void this.#load(node, answer.id, answer.load);
      else if (answer.id < 0) this.figures.failures.push(answer.error!);
      else this.#waiting.get(answer.id)?.(answer);
    });
    // What it was asked, it won't answer any more.
    node.once("exit", () => {
      for (const id of own) this.#waiting.get(id)?.({ id });
    });
    this.#asked.set(node, own);
    return { process: node, floors: new Map() };
  }
  async #load(node: ChildProcess, id: number, key: string): Promise<void> {
    this.figures.loads++;
    const isFailing = this.#random() < 0.05;
    if (this.#random() < 0.5) await sleep(this.#random() * 4);
    const version = isFailing ? undefined : this.#versions[key]!;
    if (this.#random() < 0.5) await sleep(this.#random() < 0.05 ? 300 : this.#random() * 6);
    if (node.connected) node.send({ loaded: id, version } satisfies SourceAnswer, () => undefined);
  }

  #ask({ process }: FleetNode, order: Omit<CacheOrder, "id">): Promise<CacheAnswer> {
    const id = ++this.#orders;
    return new Promise((resolve) => {
      const own = this.#asked.get(process)!;
      own.add(id);
      this.#waiting.set(id, (answer) => {
        this.#waiting.delete(id);
        own.delete(id);
        if (answer.error !== undefined && answer.error !== "the source failed")
          this.figures.failures.push(`${order.op}: ${answer.error}`);
        resolve(answer);
      });
      process.send({ ...order, id } satisfies CacheOrder, (error) => {
        if (error) this.#waiting.get(id)?.({ id });
      });
    });
  }

  #pick<T>(of: readonly T[]): T {
    return of[Math.floor(this.#random() * of.length)] as T;
  }
}
