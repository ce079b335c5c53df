import { type Clock, systemClock, type TimerHandle } from "../clock.ts";
import { CoarseTime } from "./coarse-time.ts";
import { TimerWheel, tickMs } from "./timer-wheel.ts";

/** Entries removed in one go, at most. */
const atOnce = 1024;
/** So many are removed between two looks at the clock: a million entries lie far apart in memory, and take 1 to 3 µs each. */
const partSize = 64;
/** Then the event loop has its turn, in milliseconds. */
const sliceMs = 0.5;

/** What the timers need of the cache. */
export interface ExpiringEntries {
  /** Removes an entry whose time is over. */
  expire(slot: number): void;
  /** All that was to be removed for now is. */
  done(): void;
}

/**
 * Until when each slot's value is fresh, and until when it is kept for those who take stale ones. What is over is
 * removed without being asked for, by one timer for all; that timer keeps neither the process nor the cache alive.
 */
export class Expiry {
  readonly #entries: ExpiringEntries;
  readonly #clock: Clock;
  readonly #time: CoarseTime;
  readonly #wheel: TimerWheel;
  #freshUntil = new Float64Array(0);
  /** Longer than `#freshUntil` where stale values are served; absent while there are none. */
  #keptUntil: Float64Array | undefined;
  #timer: TimerHandle | undefined;
  #closed = false;
  /** When the timer fires. */
  #wakeMs = Number.POSITIVE_INFINITY;

  /** Each slot's TTL; absent where no life is prolonged. */
  #ttlMs: Float64Array | undefined;

  /** @param lastSlot the highest slot @param sliding whether `slide` will be called */
  constructor(entries: ExpiringEntries, lastSlot: number, clock: Clock = systemClock, sliding = false) {
    this.#entries = entries;
    if (sliding) this.#ttlMs = new Float64Array(0);
    this.#clock = clock;
    this.#time = new CoarseTime(clock);
    this.#wheel = new TimerWheel(clock.now());
    this.grow(lastSlot);
  }

  /** @param lastSlot the highest slot from now on */
  grow(lastSlot: number): void {
    const grown = new Float64Array(lastSlot + 1).fill(Number.POSITIVE_INFINITY);
    grown.set(this.#freshUntil);
    if (this.#keptUntil !== undefined) {
      const kept = grown.slice();
      kept.set(this.#keptUntil);
      this.#keptUntil = kept;
    }
    if (this.#ttlMs !== undefined) {
      const ttls = new Float64Array(lastSlot + 1);
      ttls.set(this.#ttlMs);
      this.#ttlMs = ttls;
    }
    this.#freshUntil = grown;
    this.#wheel.grow(lastSlot);
  }

  isFresh(slot: number): boolean {
    const until = this.#freshUntil[slot]!;
    return until === Number.POSITIVE_INFINITY || until > this.#time.now();
  }

  /** @param nowMs what the clock says */
  isFreshAt(slot: number, nowMs: number): boolean {
    return this.#freshUntil[slot]! > nowMs;
  }

  /** @returns milliseconds that the slot's value is fresh; ≤ 0 once it isn't */
  leftMs(slot: number): number {
    return this.#freshUntil[slot]! - this.#clock.now();
  }

  /** May the slot's value still be served to those who take stale ones? */
  isKept(slot: number): boolean {
    return (this.#keptUntil ?? this.#freshUntil)[slot]! > this.#clock.now();
  }

  /** Starts a slot's life anew. @param ttlMs > 0 @param staleMs ≥ 0 @returns whether its former life was over */
  start(slot: number, ttlMs: number, staleMs = 0): boolean {
    const now = this.#time.now();
    const former = this.#freshUntil[slot]!;
    const fresh = now + ttlMs;
    this.#freshUntil[slot] = fresh;
    if (this.#ttlMs !== undefined) this.#ttlMs[slot] = ttlMs;
    let until = fresh;
    let before = former;
    if (staleMs > 0 || this.#keptUntil !== undefined) {
      this.#keptUntil ??= this.#freshUntil.with(slot, former);
      before = this.#keptUntil[slot]!;
      until = fresh + staleMs;
      this.#keptUntil[slot] = until;
    }
    if (this.#wheel.has(slot)) {
      // A slot that is due later than it was is put back when its former time has come.
      if (until >= before) return former <= now;
      this.#wheel.remove(slot);
    }
    if (until !== Number.POSITIVE_INFINITY) {
      this.#wheel.add(slot, until);
      if (until + tickMs < this.#wakeMs) this.#sleep(now);
    }
    return former <= now;
  }

  /** Starts a slot's life anew, as long as it was meant to be. @param slot one that is fresh @param nowMs what the clock says */
  slide(slot: number, nowMs = this.#time.now()): void {
    // It stays where it is in the wheel, and is put back when its former time has come.
    const until = nowMs + this.#ttlMs![slot]!;
    if (until > this.#freshUntil[slot]!) {
      if (this.#keptUntil !== undefined) this.#keptUntil[slot]! += until - this.#freshUntil[slot]!;
      this.#freshUntil[slot] = until;
    }
  }

  /** The slot's entry has left. */
  stop(slot: number): void {
    this.#freshUntil[slot] = Number.POSITIVE_INFINITY;
    if (this.#keptUntil !== undefined) this.#keptUntil[slot] = Number.POSITIVE_INFINITY;
    this.#wheel.remove(slot);
  }

  /** Removes all that is over. */
  removeExpired(): void {
    this.#remove(Number.POSITIVE_INFINITY, true);
  }

  /** Ends the timer for good: nothing is removed any more. */
  close(): void {
    this.#cancel();
    this.#closed = true;
  }

  #cancel(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#wakeMs = Number.POSITIVE_INFINITY;
  }

  #sleep(now: number): void {
    this.#cancel();
    if (this.#closed) return;
    const next = this.#wheel.nextMs();
    if (next === undefined) return;
    const self = new WeakRef(this);
    this.#wakeMs = Math.max(next, now);
    this.#timer = this.#clock.setTimeout(() => self.deref()?.wake(), Math.max(1, Math.ceil(next - now)));
  }

  /** For the timer: removes what is over, a part at a time, and sleeps until more is. */
  wake(): void {
    this.#timer = undefined;
    this.#wakeMs = Number.POSITIVE_INFINITY;
    const endMs = this.#clock.now() + sliceMs;
    try {
      for (let taken = 0; taken < atOnce && !this.#remove(partSize, false); taken += partSize)
        // Who is told of what has left may have emptied the cache: its slots are others' then.
        if (this.#closed || this.#clock.now() >= endMs) break;
    } finally {
      if (this.#timer === undefined) this.#sleep(this.#clock.now());
    }
  }

  /** @returns whether all that is over was removed */
  #remove(atMost: number, toTheEnd: boolean): boolean {
    const now = this.#clock.now();
    this.#time.expire();
    const take = (slot: number): void => {
      const until = (this.#keptUntil ?? this.#freshUntil)[slot]!;
      if (until <= now) this.#entries.expire(slot);
      else if (until !== Number.POSITIVE_INFINITY) this.#wheel.add(slot, until);
    };
    const isDone = this.#wheel.advance(now, atMost, take, toTheEnd);
    this.#entries.done();
    return isDone;
  }
}
