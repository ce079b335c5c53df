import type { Clock } from "../clock.ts";
import { ArgumentNode, WeakHold } from "./argument-trie.ts";
import { type ExpiringEntries, Expiry } from "./expiry.ts";
import { SecondChance } from "./second-chance.ts";
import { isThenable } from "./thenable.ts";

/** What is counted over all of a function's caches, and may be shared by several functions. */
export interface MemoCounters {
  /** Calls answered from the cache, or by joining a call under way. */
  hits: number;
  /** Calls that ran the function. */
  misses: number;
}

/** Options of `memoize`, resolved. */
export interface MemoSettings {
  readonly maxSize: number;
  readonly ttlMs: number;
  readonly staleMs: number;
  readonly clock: Clock | undefined;
}

/** Results by argument list: bounded, each for its time, none of a call that was overtaken by a removal. */
export class Memo implements ExpiringEntries {
  readonly root = new ArgumentNode();
  readonly #fn: (...args: unknown[]) => unknown;
  readonly #counters: MemoCounters;
  readonly #total: MemoCounters;
  readonly #settings: MemoSettings;
  #slots: SecondChance;
  #entries: (ArgumentNode | WeakHold | undefined)[] = [];
  #expiry: Expiry | undefined;
  /** Moves with every removal asked for, so that a call that was under way then isn't kept. */
  #removals = 0;
  #clears = 0;
  evictions = 0;
  expirations = 0;
  staleHits = 0;
  refreshFailures = 0;
  discarded = 0;

  /** @param counters of the function @param total counted in as well */
  constructor(
    fn: (...args: unknown[]) => unknown,
    settings: MemoSettings,
    counters: MemoCounters,
    total: MemoCounters,
  ) {
    this.#fn = fn;
    this.#settings = settings;
    this.#counters = counters;
    this.#total = total;
    this.#slots = this.#noSlots();
  }

  get size(): number {
    return this.#slots.size;
  }

  /** Is there a value at `node` to be served without further ado? */
  isFresh(node: ArgumentNode): boolean {
    return node.slot !== 0 && (this.#expiry === undefined || this.#expiry.isFresh(node.slot));
  }

  /** @param node one that is fresh */
  use(node: ArgumentNode): unknown {
    this.#counters.hits++;
    this.#total.hits++;
    node.isUsed = true;
    return node.value;
  }

  /** The result for `list`: kept, stale while it is made anew, or of a call of the function now. */
  get(list: readonly unknown[], self: unknown, args: readonly unknown[]): unknown {
    const node = this.root.find(list);
    if (node !== undefined && node.slot !== 0) {
      if (this.isFresh(node)) return this.use(node);
      if (this.#expiry!.isKept(node.slot)) return this.#stale(node, self, args);
      this.#expire(node);
      if (node.slot !== 0) return this.use(node);
    }
    this.#counters.misses++;
    this.#total.misses++;
    const removals = this.#removals;
    const answer = this.#call(self, args);
    if (removals === this.#removals) return this.#keep(this.#enter(list), answer);
    this.discarded++;
    return answer;
  }

  delete(list: readonly unknown[]): boolean {
    this.#removals++;
    const node = this.root.find(list);
    if (node === undefined || node.slot === 0) return false;
    const kept = this.isFresh(node) || this.#expiry!.isKept(node.slot);
    this.#remove(node);
    return kept;
  }

  clear(): void {
    this.#removals++;
    this.#clears++;
    this.#expiry?.close();
    this.#expiry = undefined;
    this.#entries = [];
    this.#slots = this.#noSlots();
    this.root.clear();
    this.root.slot = 0;
    this.root.value = this.root.flight = undefined;
    this.root.isUsed = false;
  }

  /** For the timer of `Expiry`. */
  expire(slot: number): void {
    const entry = this.#entries[slot]!;
    const node = nodeOf(entry);
    if (node !== undefined) this.#expire(node);
    else this.#drop(slot, (entry as WeakHold).nearest);
  }

  done(): void {}

  /** A value whose time is over gives way to the call that is to replace it, if one is under way. */
  #expire(node: ArgumentNode): void {
    if (node.flight instanceof Promise) {
      this.#expiry!.stop(node.slot);
      node.value = node.flight;
    } else {
      this.expirations++;
      this.#remove(node);
    }
  }

  #stale(node: ArgumentNode, self: unknown, args: readonly unknown[]): unknown {
    this.staleHits++;
    const value = this.use(node);
    if (node.flight === undefined) this.#refresh(node, self, args);
    return value;
  }

  #refresh(node: ArgumentNode, self: unknown, args: readonly unknown[]): void {
    const isCurrent = this.#currency(node);
    const turn = {};
    node.flight = turn;
    // A function that answers without a promise must not keep the caller who takes the stale value waiting.
    const refresh = () => {
      if (!isCurrent(turn)) return;
      try {
        let answer = this.#call(self, args);
        if (isCurrent(turn)) answer = this.#keep(node, answer, true);
        else this.discarded++;
        if (answer instanceof Promise) answer.catch(ignore);
      } catch {
        this.refreshFailures++;
        if (isCurrent(turn)) node.flight = undefined;
      }
    };
    if (node.value instanceof Promise) refresh();
    else queueMicrotask(refresh);
  }

  /** Whatever a thenable does when it is asked for its `then`, it does here, before anything is entered. */
  #call(self: unknown, args: readonly unknown[]): unknown {
    const result = Reflect.apply(this.#fn, self, args);
    return isThenable(result) ? Promise.resolve(result) : result;
  }

  #keep(node: ArgumentNode, answer: unknown, isRefresh = false): unknown {
    if (!(answer instanceof Promise)) {
      this.#fill(node, answer);
      return answer;
    }
    const isCurrent = this.#currency(node);
    // A promise may have a `then` of its own, which throws when it is too late for that.
    const flight: Promise<unknown> = Promise.prototype.then.call(
      answer,
      (value) => {
        if (isCurrent(flight)) this.#fill(node, flight);
        else this.discarded++;
        return value;
      },
      (error) => {
        if (isRefresh) this.refreshFailures++;
        if (isCurrent(flight)) {
          node.flight = undefined;
          if (node.value === flight) this.#remove(node);
        }
        throw error;
      },
    );
    node.flight = flight;
    if (!isRefresh) node.value = flight;
    return flight;
  }

  /** @returns tells whether the node is still waiting for the given call */
  #currency(node: ArgumentNode): (flight: unknown) => boolean {
    const clears = this.#clears;
    return (flight) => node.flight === flight && this.#clears === clears;
  }

  #fill(node: ArgumentNode, value: unknown): void {
    const { ttlMs, staleMs, clock } = this.#settings;
    node.value = value;
    node.flight = undefined;
    if (ttlMs === Number.POSITIVE_INFINITY) return;
    if (ttlMs + staleMs === 0) {
      this.#remove(node);
      return;
    }
    this.#expiry ??= new Expiry(this, this.#slots.lastSlot, clock);
    this.#expiry.start(node.slot, ttlMs, staleMs);
  }

  /** @returns the list's node, which has a slot now */
  #enter(list: readonly unknown[]): ArgumentNode {
    const present = this.root.find(list);
    if (present !== undefined && present.slot !== 0) return present;
    if (this.#slots.isFull) this.#evict();
    const node = this.root.add(list);
    const { lastSlot } = this.#slots;
    node.slot = this.#slots.add();
    // Before there may be no memory: whatever has a slot can be found by it, and evicted.
    this.#entries[node.slot] = node.hold;
    if (lastSlot !== this.#slots.lastSlot) this.#expiry?.grow(this.#slots.lastSlot);
    return node;
  }

  #noSlots(): SecondChance {
    return new SecondChance(this.#settings.maxSize, (slot) => {
      const node = nodeOf(this.#entries[slot]!);
      if (node === undefined || !node.isUsed) return false;
      node.isUsed = false;
      return true;
    });
  }

  #evict(): void {
    const slot = this.#slots.victim();
    const entry = this.#entries[slot]!;
    const node = nodeOf(entry);
    if (node === undefined) this.#drop(slot, (entry as WeakHold).nearest);
    else {
      this.evictions++;
      this.#remove(node);
    }
  }

  #remove(node: ArgumentNode): void {
    const { slot } = node;
    node.slot = 0;
    node.value = node.flight = undefined;
    node.isUsed = false;
    this.#drop(slot, node);
  }

  /** @param node the one to count down from */
  #drop(slot: number, node: ArgumentNode): void {
    this.#expiry?.stop(slot);
    this.#entries[slot] = undefined;
    this.#slots.remove(slot);
    node.remove();
  }
}

const nodeOf = (entry: ArgumentNode | WeakHold): ArgumentNode | undefined =>
  entry instanceof WeakHold ? entry.node : entry;

function ignore(): void {}
