/** A connection, handed to one holder at a time. It ends with `release` or `destroy`; `using` releases it. */
export interface Lease<C> {
  readonly connection: C;
  /** False once the connection is known to be broken, or no longer the holder's; never throws. */
  readonly usable: boolean;
  /** Says what the connection runs now; a leak report names it. */
  note(sql: string): void;
  /** Session state was changed: on release, the connection is reset or closed. */
  markDirty(): void;
  /** Gives the connection back. A second call, or one after `destroy`, does nothing. */
  release(): void;
  /** Cuts the connection and frees its place. After `release`, does nothing. */
  destroy(): void;
  [Symbol.dispose](): void;
}

/** Where a lease ends. */
export interface LeaseOwner<C> {
  usable(slot: Slot<C>): boolean;
  release(slot: Slot<C>): void;
  destroy(slot: Slot<C>): void;
}

/** An open connection in the pool's books. */
export class Slot<C> {
  readonly connection: C;
  readonly expiresAt: number;
  /** When it was last seen alive: by its holder, or by a ping. */
  aliveAt: number;
  /** When it was last given back. */
  idleSince: number;
  /** Who has it; `undefined` when nobody has. */
  lease: PoolLease<C> | undefined;
  /** When it was handed out; means nothing without `lease`. */
  usedSince = 0;
  sql: string | undefined;
  dirty = false;
  /** Where it was asked for, when leaks are looked for. */
  trace: Error | undefined;
  leakReported = false;

  constructor(connection: C, now: number, expiresAt: number) {
    this.connection = connection;
    this.expiresAt = expiresAt;
    this.aliveAt = now;
    this.idleSince = now;
  }
}

/** One holding of a slot; a stale one knows that the slot is no longer its own. */
export class PoolLease<C> implements Lease<C> {
  readonly connection: C;
  readonly #owner: LeaseOwner<C>;
  #slot: Slot<C> | undefined;

  constructor(owner: LeaseOwner<C>, slot: Slot<C>) {
    this.connection = slot.connection;
    this.#owner = owner;
    this.#slot = slot;
  }

  get usable(): boolean {
    return this.#slot !== undefined && this.#owner.usable(this.#slot);
  }
  note(sql: string): void {
    if (this.#slot) this.#slot.sql = sql;
  }
  markDirty(): void {
    if (this.#slot) this.#slot.dirty = true;
  }
  release(): void {
    const slot = this.#slot;
    this.#slot = undefined;
    if (slot) this.#owner.release(slot);
  }
  destroy(): void {
    const slot = this.#slot;
    this.#slot = undefined;
    if (slot) this.#owner.destroy(slot);
  }
  /** Takes the slot away from its holder; what the holder then does with the lease has no effect. */
  revoke(): void {
    this.#slot = undefined;
  }
  [Symbol.dispose](): void {
    this.release();
  }
}
