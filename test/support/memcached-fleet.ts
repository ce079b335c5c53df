import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { seededRandom } from "../../src/measure/index.ts";
import type { NodeAnswer, NodeOrder } from "./memcached-node.ts";

/** What the interleavings did, and what they got wrong. */
export interface FleetFigures {
  reads: number;
  hits: number;
  loads: number;
  fills: number;
  changes: number;
  evictions: number;
  readonly stale: string[];
}

const entry = fileURLToPath(new URL("./memcached-node.ts", import.meta.url));
const keys = ["a", "b", "c"];
const tagsOf: Readonly<Record<string, readonly string[]>> = { a: ["s"], b: ["s", "t"], c: [] };
const stepsOfEach = 24;

/**
 * Processes that share Memcached, and the source whose versions they load. Orders are sent without waiting for the last, so that
 * they meet on the servers in orders of their own.
 */
export class MemcachedFleet implements Disposable {
  readonly figures: FleetFigures = {
    reads: 0,
    hits: 0,
    loads: 0,
    fills: 0,
    changes: 0,
    evictions: 0,
    stale: [],
  };
  readonly #nodes: readonly ChildProcess[];
  readonly #pending = new Map<number, (answer: NodeAnswer) => void>();
  #orders = 0;

  constructor(processes: number, options: object) {
    this.#nodes = Array.from({ length: processes }, () => {
      const node = fork(entry, [JSON.stringify(options)], { execArgv: ["--no-warnings"], stdio: "inherit" });
      node.on("message", (answer: NodeAnswer) => {
        this.#pending.get(answer.id)?.(answer);
        this.#pending.delete(answer.id);
      });
      node.once("exit", (code) => {
        for (const settle of this.#pending.values())
          settle({ id: 0, error: `a node has ended with ${code}` });
      });
      return node;
    });
  }

  [Symbol.dispose](): void {
    for (const node of this.#nodes) node.kill("SIGKILL");
  }

  /** @param evict makes the servers lose what they have */
  async interleave(seed: number, evict: () => Promise<void>): Promise<void> {
    const random = seededRandom(seed);
    const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
    /** Of the source. */
    const versions: Record<string, number> = { a: 1, b: 1, c: 1 };
    /** The least version that may be read, for whoever begins now. */
    const floors: Record<string, number> = { a: 0, b: 0, c: 0 };
    const changing = new Set<string>();
    const running = new Set<Promise<void>>();

    const ask = (
      node: ChildProcess,
      op: NodeOrder["op"],
      key: string,
      text = "",
      lease = 0,
    ): Promise<NodeAnswer> => {
      const id = ++this.#orders;
      const order: NodeOrder = { id, space: `${seed}`, op, key, text, tags: tagsOf[key] ?? [], lease };
      return new Promise((resolve, reject) => {
        this.#pending.set(id, (answer) =>
          answer.error === undefined ? resolve(answer) : reject(new Error(answer.error)),
        );
        node.send(order);
      });
    };
    const read = async (node: ChildProcess, op: "get" | "isCurrent", key: string): Promise<void> => {
      const floor = floors[key] as number;
      const { text } = await ask(node, op, key);
      this.figures.reads++;
      this.#check(seed, op, key, text, floor);
    };
    const load = async (node: ChildProcess, key: string): Promise<void> => {
      const floor = floors[key] as number;
      const { done, text, id } = await ask(node, "acquire", key);
      this.#check(seed, "acquire", key, text, floor);
      if (done !== true) return;
      this.figures.loads++;
      const version = versions[key] as number;
      // What the source says is under way for a while.
      for (let i = Math.floor(random() * 3); i > 0; i--) await ask(node, "isCurrent", key);
      if (random() < 0.1) await ask(node, "release", key, "", id);
      else if ((await ask(node, "fill", key, `${version}`, id)).done) this.figures.fills++;
    };
    const change = async (node: ChildProcess): Promise<void> => {
      const op = pick(["delete", "delete", "deleteByTag", "clear"] as const);
      const key = pick(op === "deleteByTag" ? ["a", "b"] : keys);
      const others = op === "clear" ? keys : op === "deleteByTag" ? ["a", "b"] : [key];
      if (others.some((other) => changing.has(other))) return;
      for (const other of others) changing.add(other);
      const written = others.map((other) => ++(versions[other] as number));
      await ask(node, op, key);
      this.figures.changes++;
      for (const [i, other] of others.entries()) {
        floors[other] = written[i] as number;
        changing.delete(other);
      }
    };

    for (let step = 0; step < stepsOfEach; step++) {
      const node = pick(this.#nodes);
      const dice = random();
      const done =
        dice < 0.3
          ? load(node, pick(keys))
          : dice < 0.5
            ? read(node, "get", pick(keys))
            : dice < 0.65
              ? read(node, "isCurrent", pick(keys))
              : change(node);
      running.add(done);
      void done.finally(() => running.delete(done)).catch(() => undefined);
      if (random() < 0.02) {
        this.figures.evictions++;
        await evict();
      }
      if (running.size >= 4 || (running.size > 0 && random() < 0.2)) await Promise.race(running);
    }
    await Promise.all(running);
    for (const node of this.#nodes) for (const key of keys) await read(node, "get", key);
  }

  #check(seed: number, op: string, key: string, text: string | undefined, floor: number): void {
    if (text === undefined) return;
    this.figures.hits++;
    if (Number(text) >= floor) return;
    this.figures.stale.push(
      `seed ${seed}: ${op} of ${key} gave version ${text}, ${floor} was written before`,
    );
  }
}
