import { PoolMisuseError } from "../errors.ts";

/** Gives an object back. */
export interface ReleasesTo<T> {
  readonly name: string;
  release(object: T): void;
}

/** An object of a pool until the end of a block: `using lease = pool.lease()`. */
export class PoolLease<T extends object> implements Disposable {
  readonly #pool: ReleasesTo<T>;
  #value: T | undefined;

  constructor(pool: ReleasesTo<T>, value: T) {
    this.#pool = pool;
    this.#value = value;
  }

  /** @throws {PoolMisuseError} after the release */
  get value(): T {
    if (this.#value === undefined)
      throw new PoolMisuseError(this.#pool.name, "used after release", "this lease has ended");
    return this.#value;
  }

  /** Gives the object back; a second call does nothing. @throws as the pool's `release` */
  release(): void {
    const value = this.#value;
    this.#value = undefined;
    if (value !== undefined) this.#pool.release(value);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
