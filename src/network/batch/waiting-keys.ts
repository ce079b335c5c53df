import type { Load } from "./batch.ts";
import type { BatchList } from "./batch-list.ts";

/** Up to so many of one batch are looked through, which is cheaper than a map that lives for one tick. */
const fewKeys = 16;

/** The loads that wait to be sent, by what makes their keys one. */
export class WaitingKeys<K, V> {
  readonly #queue: BatchList<K, V>;
  #byId: Map<unknown, Load<K, V>> | undefined;

  /** @param queue the batches that they are in */
  constructor(queue: BatchList<K, V>) {
    this.#queue = queue;
  }

  find(id: unknown): Load<K, V> | undefined {
    if (this.#byId !== undefined) return this.#byId.get(id);
    const loads = this.#queue.last?.loads;
    if (loads === undefined) return undefined;
    // As a map compares.
    const isNan = Number.isNaN(id);
    for (let i = 0; i < loads.length; i++) {
      const load = loads[i]!;
      if ((load.id === id || (isNan && Number.isNaN(load.id))) && !load.isGone) return load;
    }
    return undefined;
  }

  /** @param load the last of the last batch; there is none with its id */
  add(load: Load<K, V>): void {
    if (this.#byId !== undefined) this.#byId.set(load.id, load);
    else if (load.batch.loads.length > fewKeys || load.batch.previous !== undefined) this.#makeMap();
  }

  delete(load: Load<K, V>): void {
    this.#byId?.delete(load.id);
  }

  /** None waits any more. */
  clear(): void {
    this.#byId = undefined;
  }

  #makeMap(): void {
    this.#byId = new Map();
    for (let batch = this.#queue.first; batch !== undefined; batch = batch.next)
      for (const load of batch.loads) if (!load.isGone) this.#byId.set(load.id, load);
  }
}
