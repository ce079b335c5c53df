import { AdaptiveCache } from "../../algorithms/adaptive-cache.ts";
import type { Clock } from "../../clock.ts";
import type { HeldValue } from "./held-value.ts";
import type { TierLink } from "./tier-link.ts";
import type { ResolvedTieredOptions } from "./tiered-options.ts";

/** What this process holds in memory, and whether it may be served. */
export class LocalValues {
  readonly entries: AdaptiveCache<string, HeldValue>;
  readonly #link: TierLink | undefined;
  readonly #clock: Clock;
  /** Things forgotten by this process. */
  forgotten = 0;
  /** Values dropped because something that they depend on was forgotten elsewhere, or may have been. */
  revoked = 0;

  constructor({ memory, clock }: ResolvedTieredOptions, link: TierLink | undefined) {
    this.#link = link;
    this.#clock = clock;
    this.entries = new AdaptiveCache<string, HeldValue>({
      ...memory,
      clock,
      ...(memory.maxWeight !== undefined && { weigh: (key, held) => key.length + held.content.sizeBytes }),
    });
  }

  /** @returns the value that a hit may return as it is; `undefined` where that takes a closer look */
  hit(key: string): Promise<unknown> | undefined {
    const now = this.#clock.now();
    const held = this.entries.getAt(key, now);
    if (held === undefined || now >= held.refreshAt) return undefined;
    const link = this.#link;
    if (link !== undefined && (held.stamp === undefined || link.isCurrent(held.stamp, now) !== true))
      return undefined;
    return held.promise;
  }

  /**
   * @returns the value of a key, fresh or not, if it may be served as far as anybody knows; a promise where the server has to
   * be asked
   */
  vouched(key: string): HeldValue | undefined | Promise<HeldValue | undefined> {
    const held = this.entries.get(key);
    if (held === undefined || this.#link === undefined) return held;
    const { stamp } = held;
    if (stamp === undefined) return this.#inOutage(key, held);
    const current = this.#link.isCurrent(stamp);
    if (typeof current === "boolean") return current ? held : this.#revoke(key, held);
    return current.then((is) => (is ? held : this.#revoke(key, held)));
  }

  /** Keeps a value, unless it isn't current any more. @param now what the clock says */
  keep(key: string, held: HeldValue, tags: readonly string[], now = this.#clock.now()): void {
    const { stamp } = held;
    if (stamp !== undefined && this.#link?.isCurrent(stamp, now) === false) return;
    const ttlMs = held.keptUntil - now;
    if (ttlMs > 0) this.entries.set(key, held, { ttlMs, tags });
  }

  /** Drops a value, if it is still the one that is kept. */
  drop(key: string, held: HeldValue): void {
    if (this.entries.peek(key) === held) this.entries.delete(key);
  }

  forget(keys: readonly string[]): void {
    this.forgotten++;
    for (const key of keys) this.entries.delete(key);
  }

  forgetTags(tags: readonly string[]): void {
    this.forgotten++;
    for (const tag of tags) this.entries.deleteTag(tag);
  }

  forgetAll(): void {
    this.forgotten++;
    this.entries.clear();
  }

  /** A value that nobody vouches for serves only while nobody can be asked. */
  #inOutage(key: string, held: HeldValue): HeldValue | undefined {
    if (!this.#link!.isUsable && this.#link!.recoveries === held.outage) return held;
    this.drop(key, held);
    return undefined;
  }

  #revoke(key: string, held: HeldValue): undefined {
    // While the server can't be asked, it may be that nothing happened.
    if (this.#link!.isUsable) {
      this.revoked++;
      this.drop(key, held);
    }
    return undefined;
  }
}
