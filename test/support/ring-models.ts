import { ByteRing } from "../../src/concurrency/ring-bytes.ts";
import type { RecordPlaces, RingCodec } from "../../src/concurrency/ring-codec.ts";
import type { RingCore } from "../../src/concurrency/ring-core.ts";
import { allocateRing, type RingShape, ringWords } from "../../src/concurrency/ring-layout.ts";
import type { RingMemory } from "../../src/concurrency/ring-memory.ts";
import { RingQueue } from "../../src/concurrency/ring-queue.ts";
import { SlotRing } from "../../src/concurrency/ring-slots.ts";
import { RingWaiters } from "../../src/concurrency/ring-waiters.ts";
import { ClosedError } from "../../src/errors.ts";
import type { Model } from "./interleavings.ts";
import type { Program, ReplayedMemory } from "./replayed-memory.ts";
import { RingPlaces } from "./ring-places.ts";

/** A number is a payload of one word. */
class NumberCodec implements RingCodec<number, number, number[]> {
  readonly #memory: RingMemory;
  constructor(memory: RingMemory) {
    this.#memory = memory;
  }
  encode(item: number): number {
    return item;
  }
  keep(item: number): number {
    return item;
  }
  head(): number {
    return 4;
  }
  write(item: number, _head: number, at: number): void {
    this.#memory.write(at >> 2, item);
  }
  read(_head: number, at: number): number {
    return this.#memory.read(at >> 2);
  }
  decode(item: number): number {
    return item;
  }
  readMany({ ats }: RecordPlaces, count: number): number[] {
    return Array.from(ats.subarray(0, count), (at) => this.#memory.read(at >> 2));
  }
  decodeMany(items: number[]): number[] {
    return items;
  }
}

class ModelRing extends RingQueue<number> {}

/** What one thread does with the ring. */
export type Role =
  /** Pushes these, one by one or as a batch, blocking. */
  | { readonly pushes: readonly number[]; readonly batch?: boolean }
  /** Pops so many, or until the end, blocking; `drains` at most so many at a time. */
  | { readonly pops: number; readonly drains?: number }
  /** Pops so many, or until the end, without blocking. */
  | { readonly popsAsync: number }
  | { readonly closes: true };

export interface RingModel {
  readonly kind: RingShape["kind"];
  /** Records that fit. */
  readonly capacity: number;
  readonly roles: readonly Role[];
  /** Where positions begin. @default 0 */
  readonly first?: number;
  /** Stands between the ring and its memory, to break something. */
  readonly fault?: (memory: RingMemory) => RingMemory;
  readonly wakesOne?: boolean;
  /** Are states taken together that come to the same? @default true, without a fault */
  readonly forgets?: boolean;
}

interface Outcome {
  readonly pushed: number[];
  readonly popped: number[];
  /** Did it come to the end of the stream? */
  ended: boolean;
}

/** The real ring, in a memory of the model. */
export function ringModel(model: RingModel): Model {
  const { kind, capacity, roles, first = 0, wakesOne = false } = model;
  const shape: RingShape =
    kind === "spsc"
      ? { kind, payload: "binary", capacity: capacity * 8, maxRecordBytes: capacity * 4 - 4 }
      : { kind, payload: "binary", capacity, maxRecordBytes: 4 };
  const initial = new Int32Array(allocateRing(shape, first));
  const { lastMember, producer, consumer, tail, head, data, space, start } = ringWords;
  const used: number[] = [lastMember, producer, consumer, tail, head, data, space];
  for (let word = start; word < initial.length; word++) used.push(word);
  return {
    words: new Map(used.map((word) => [word, initial[word]!])),
    threads: roles.map((role) => (memory) => program(role, memory, model, shape)),
    judge: (outcomes) => judge(roles, outcomes as readonly Outcome[]),
    wakesOne,
  };
}

function program(role: Role, replayed: ReplayedMemory, model: RingModel, shape: RingShape): Program {
  const outcome: Outcome = { pushed: [], popped: [], ended: false };
  const places = new RingPlaces(replayed, () => outcome, model.kind === "spsc");
  // What a fault holds back is no part of a place, so nothing may be forgotten.
  const plain = model.forgets === false || model.fault !== undefined;
  const memory = plain ? (model.fault?.(replayed) ?? replayed) : places;
  const codec = new NumberCodec(memory);
  const core: RingCore<number, number> =
    model.kind === "spsc"
      ? new ByteRing(memory, codec, shape.capacity)
      : new SlotRing(memory, codec, shape.capacity, shape.maxRecordBytes);
  const watched = plain ? core : places.watch(core);
  const between = (): void => {
    if (!plain) places.between();
  };
  if ("popsAsync" in role) return asyncConsumer(role.popsAsync, watched, outcome);
  const ring = new ModelRing(watched, model.capacity);
  const start = (): void => {
    if ("closes" in role) ring.close();
    else if ("pushes" in role) push(ring, role, outcome, between);
    else pop(ring, role, outcome, between);
  };
  return { start, finished: () => true, outcome: () => outcome };
}

function push(
  ring: ModelRing,
  { pushes, batch }: Extract<Role, { pushes: unknown }>,
  { pushed }: Outcome,
  between: () => void,
): void {
  try {
    if (batch) pushed.push(...pushes.slice(0, ring.pushAllSync(pushes)));
    else
      for (const item of pushes) {
        ring.pushSync(item);
        pushed.push(item);
        between();
      }
  } catch (error) {
    if (!(error instanceof ClosedError)) throw error;
  }
}

function pop(
  ring: ModelRing,
  { pops, drains }: Extract<Role, { pops: unknown }>,
  outcome: Outcome,
  between: () => void,
): void {
  const one = (): number[] => {
    const item = ring.popSync();
    return item === undefined ? [] : [item];
  };
  while (outcome.popped.length < pops) {
    const items = drains === undefined ? one() : ring.drainSync(drains);
    outcome.popped.push(...items);
    outcome.ended = items.length === 0;
    if (outcome.ended) return;
    between();
  }
}

/** As `pop` waits, with a call in place of a promise, which the model couldn't wait for. */
function asyncConsumer(pops: number, core: RingCore<number, number>, outcome: Outcome): Program {
  const waiters = new RingWaiters(core.data);
  const waiter = {
    attempt: (): boolean => {
      for (let item = core.take(); item !== undefined; item = core.take()) {
        outcome.popped.push(item);
        if (outcome.popped.length === pops) return true;
      }
      outcome.ended = core.ended();
      return outcome.ended;
    },
  };
  return { start: () => waiters.add(waiter), finished: () => waiters.size === 0, outcome: () => outcome };
}

/** Nothing lost, nothing twice, and each consumer got each producer's records in their order. */
function judge(roles: readonly Role[], outcomes: readonly Outcome[]): string | undefined {
  const pushed = outcomes.flatMap((outcome) => outcome.pushed);
  const popped = outcomes.flatMap((outcome) => outcome.popped);
  const all = JSON.stringify({ pushed, popped });
  if (new Set(popped).size !== popped.length) return `popped twice: ${all}`;
  if (popped.some((item) => !pushed.includes(item))) return `popped what wasn't pushed: ${all}`;
  const consumers = outcomes.filter((_, t) => "pops" in roles[t]! || "popsAsync" in roles[t]!);
  const allOut = consumers.every(({ ended }) => ended) || !roles.some((role) => "closes" in role);
  if (allOut && popped.length !== pushed.length) return `lost: ${all}`;
  for (const outcome of outcomes) {
    for (const consumer of consumers) {
      const order = consumer.popped.filter((item) => outcome.pushed.includes(item));
      if (
        order.some((item, i) => i > 0 && outcome.pushed.indexOf(order[i - 1]!) > outcome.pushed.indexOf(item))
      )
        return `out of order: ${JSON.stringify(consumer.popped)}`;
    }
  }
  return undefined;
}
