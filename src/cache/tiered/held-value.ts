import type { Stamp } from "../shared-tier.ts";

/** For how long a value may be used, in milliseconds from its load on. */
export interface Life {
  readonly ttlMs: number;
  readonly staleMs: number;
  readonly staleIfErrorMs: number;
}

/** What a value is, apart from how old it is. */
export interface Content {
  /** Frozen; `undefined` where there is nothing, or `bytes`. */
  readonly value: unknown;
  /** As the codec encoded it: of a value of which everybody gets a copy. */
  readonly bytes: Uint8Array | undefined;
  readonly sizeBytes: number;
}

/** Nothing was found, and that is kept. */
export const absent: Content = Object.freeze({ value: undefined, bytes: undefined, sizeBytes: 8 });

/** A value as this process holds it. Times in milliseconds of its own clock, but for `createdAt`, which is the fleet's. */
export class HeldValue {
  readonly content: Content;
  /** What a hit returns; absent where everybody gets a copy. */
  readonly promise: Promise<unknown> | undefined;
  readonly createdAt: number;
  readonly freshUntil: number;
  readonly staleUntil: number;
  readonly errorUntil: number;
  readonly loadMs: number;
  /** From then on, a read has it loaded anew. */
  readonly refreshAt: number;
  /** What vouches for it; absent where no tier does. */
  stamp: Stamp | undefined;
  /** With a tier, of a value without a stamp: the outage during which it may be used, by the recoveries before. */
  outage = -1;

  /** @param earlyMs before the end of its time that it is loaded anew; in the second half of its time alone */
  constructor(content: Content, life: Life, ages: Ages, earlyMs: number) {
    this.content = content;
    this.promise = content.bytes === undefined ? Promise.resolve(content.value) : undefined;
    this.createdAt = ages.createdAt;
    this.loadMs = ages.loadMs;
    this.freshUntil = ages.now + life.ttlMs;
    this.staleUntil = this.freshUntil + life.staleMs;
    this.errorUntil = this.freshUntil + life.staleIfErrorMs;
    this.refreshAt = Math.max(ages.now + life.ttlMs / 2, this.freshUntil - earlyMs);
  }

  get keptUntil(): number {
    return Math.max(this.staleUntil, this.errorUntil);
  }
}

export interface Ages {
  /** Of this process. */
  readonly now: number;
  /** Of the fleet. */
  readonly createdAt: number;
  readonly loadMs: number;
}
