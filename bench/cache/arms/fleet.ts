import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ContenderId, ContenderPlace } from "./contenders.ts";
import type { NodeAnswer, NodeOrder } from "./node.ts";

const entry = fileURLToPath(new URL("./node.ts", import.meta.url));

/** Processes that share a server, each with a cache of one kind. */
export class Fleet implements Disposable {
  readonly #nodes: readonly ChildProcess[];
  readonly #pending = new Map<number, { resolve(answer: NodeAnswer): void; reject(error: Error): void }>();
  #orders = 0;

  private constructor(nodes: readonly ChildProcess[]) {
    this.#nodes = nodes;
    for (const node of nodes)
      node.on("message", (answer: NodeAnswer) => {
        const pending = this.#pending.get(answer.id);
        this.#pending.delete(answer.id);
        if (answer.error === undefined) pending?.resolve(answer);
        else pending?.reject(new Error(answer.error));
      });
  }

  /** Resolves when all are ready. */
  static async start(id: ContenderId, size: number, place: ContenderPlace): Promise<Fleet> {
    const args = [JSON.stringify({ id, ...place })];
    const nodes = Array.from({ length: size }, () => fork(entry, args, { execArgv: ["--no-warnings"] }));
    const fleet = new Fleet(nodes);
    await Promise.all(nodes.map((node) => new Promise((resolve) => node.once("message", resolve))));
    return fleet;
  }

  get size(): number {
    return this.#nodes.length;
  }

  ask(node: number, order: Omit<NodeOrder, "id">): Promise<NodeAnswer> {
    const id = ++this.#orders;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#nodes[node]!.send({ ...order, id });
    });
  }

  askAll(order: Omit<NodeOrder, "id">): Promise<NodeAnswer[]> {
    return Promise.all(this.#nodes.map((_, node) => this.ask(node, order)));
  }

  kill(node: number): void {
    this.#nodes[node]!.kill("SIGKILL");
  }

  [Symbol.dispose](): void {
    for (const node of this.#nodes) node.kill("SIGKILL");
  }
}
