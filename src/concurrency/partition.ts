import { reject } from "../options.ts";
import type { PartitionStats } from "./semaphore-stats.ts";
import type { WaitQueue } from "./wait-queue.ts";

/** A tenant's part of a semaphore. @internal */
export class Partition {
  readonly name: string;
  /** Of the limit, 0 (exclusive) to 1. */
  readonly share: number;
  readonly queue: WaitQueue;
  /** Weight of its permits that are out. */
  inFlight = 0;
  /** Virtual time at which its next turn is due; a turn moves it on by weight / share. */
  turnAt = 0;

  constructor(name: string, share: number, queue: WaitQueue) {
    this.name = name;
    this.share = share;
    this.queue = queue;
  }

  /** What it can count on. */
  guaranteed(limit: number): number {
    return Math.max(1, Math.floor(this.share * limit));
  }

  stats(): PartitionStats {
    const { name, share, inFlight, queue } = this;
    return { name, share, inFlight, queued: queue.size, isOverloaded: queue.isOverloaded };
  }
}

/**
 * Whose turn it is among partitions: first those that have less out than they are guaranteed, and among equals the one whose
 * turns were fewest by its share (stride scheduling). So what one doesn't use is lent, and comes back as soon as the
 * borrower's requests end; and every partition that waits gets its turn.
 * @see Waldspurger and Weihl, Stride Scheduling, MIT/LCS/TM-528 (1995)
 */
export class PartitionTurns {
  readonly #partitions: readonly Partition[];
  /** Virtual time of the latest turn. */
  #now = 0;

  constructor(partitions: readonly Partition[]) {
    this.#partitions = partitions;
  }

  /** @throws {RangeError} when there is none of that name; the nameless one can't be named */
  named(name: string): Partition {
    const partition = this.#partitions.find((each) => each.name === name);
    if (partition !== undefined && name !== "") return partition;
    const known = this.#partitions.map((each) => each.name).filter(Boolean);
    return reject("partition", `one of ${known.join(", ") || "none"}`, name);
  }

  /** To be called when somebody comes to wait where nobody did: it can't save turns up. */
  awaken(partition: Partition): void {
    partition.turnAt = Math.max(partition.turnAt, this.#now);
  }

  /** @returns whose turn it is, of those in which somebody waits */
  next(limit: number): Partition | undefined {
    let best: Partition | undefined;
    let isBestOwed = false;
    for (const partition of this.#partitions) {
      if (partition.queue.size === 0) continue;
      const isOwed = partition.inFlight < partition.guaranteed(limit);
      if (best !== undefined) {
        if (isBestOwed && !isOwed) continue;
        if (isBestOwed === isOwed && best.turnAt <= partition.turnAt) continue;
      }
      best = partition;
      isBestOwed = isOwed;
    }
    return best;
  }

  /** Counts a turn that was taken. */
  take(partition: Partition, weight: number): void {
    this.#now = Math.max(this.#now, partition.turnAt);
    partition.turnAt += weight / partition.share;
  }
}
