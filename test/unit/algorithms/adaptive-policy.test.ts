import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AdaptivePolicy } from "../../../src/algorithms/adaptive-policy.ts";
import { GhostFrequencies } from "../../../src/algorithms/ghost-frequencies.ts";
import { MiniatureCaches } from "../../../src/algorithms/miniature-caches.ts";
import { firstSlot, WindowTinyLfu } from "../../../src/algorithms/window-tiny-lfu.ts";
import { seededRandom } from "../../../src/measure/index.ts";

const tableOf = (slots: number) => ({ links: new Int32Array((slots + 1) * 4) });

/** A cache of keys that are integers, which knows nothing of how the policy decides. */
class PolicyCache {
  readonly #table: { links: Int32Array };
  readonly policy: AdaptivePolicy;
  readonly slotOf = new Map<number, number>();
  readonly #keyOf: number[] = [];
  readonly #free: number[] = [];
  capacity: number;

  constructor(capacity: number, slots = firstSlot + capacity, seed = 1) {
    this.capacity = capacity;
    this.#table = tableOf(slots);
    this.policy = new AdaptivePolicy(this.#table, slots, seed);
    this.#offer(firstSlot, slots);
  }

  /** @returns whether it was a hit */
  request(key: number): boolean {
    const known = this.slotOf.get(key);
    if (known !== undefined) {
      this.policy.used(known);
      return true;
    }
    if (this.#free.length === 0) this.#grow();
    const slot = this.#free.pop()!;
    this.slotOf.set(key, slot);
    this.#keyOf[slot] = key;
    this.#table.links[slot << 2] = Math.imul(key + 1, 0x9e3779b1);
    this.policy.added(slot);
    this.shrink();
    return false;
  }

  shrink(): void {
    while (this.slotOf.size > this.capacity) this.delete(this.#keyOf[this.policy.victim()]!);
  }

  delete(key: number): void {
    const slot = this.slotOf.get(key);
    if (slot === undefined) return;
    this.policy.removed(slot);
    this.slotOf.delete(key);
    this.#free.push(slot);
  }

  keys(): number[] {
    return [...this.policy.slots()].map((slot) => this.#keyOf[slot]!);
  }

  #grow(): void {
    const slots = this.#table.links.length / 4 - 1;
    const { links } = tableOf(2 * slots);
    links.set(this.#table.links);
    this.#table.links = links;
    this.policy.grown(2 * slots);
    this.#offer(slots + 1, 2 * slots);
  }

  #offer(first: number, last: number): void {
    for (let slot = last; slot >= first; slot--) this.#free.push(slot);
  }
}

function hits(cache: PolicyCache, keys: readonly number[]): number {
  return keys.filter((key) => cache.request(key)).length;
}

describe("the window with an order of use", () => {
  const order = (capacity: number, windowShare: number) => {
    const window = new WindowTinyLfu(tableOf(20), 20, 1);
    window.bound(capacity, windowShare);
    return window;
  };

  test("is exact LRU when the window is everything", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 3, max: 12 }), { maxLength: 200 }), (slots) => {
        const window = order(5, 1);
        let model: number[] = [];
        for (const slot of slots) {
          if (model.includes(slot)) window.use(slot);
          else window.add(slot, 1);
          model = [slot, ...model.filter((other) => other !== slot)];
          if (model.length > 5) {
            const victim = window.victim();
            expect(victim).toBe(model.pop());
            window.remove(victim);
          }
          expect([...window]).toEqual(model);
        }
      }),
    );
  });

  test("turns away who was asked for no more often than the one on probation for longest", () => {
    const window = order(3, 0);
    for (const slot of [3, 4, 5]) window.add(slot, 2);
    window.add(6, 2);
    expect([...window]).toEqual([6, 5, 4, 3]);
    window.remove(6);
    window.add(6, 3);
    expect(window.victim()).toBe(5); // The window has one place, 5 left it by the arrival of 6.
  });

  test("lets in who was asked for more often", () => {
    const window = order(3, 0);
    window.add(3, 1);
    window.add(4, 1);
    window.add(5, 2);
    window.add(6, 1);
    expect(window.victim()).toBe(3);
    window.remove(3);
    expect([...window]).toEqual([6, 5, 4]);
  });

  test("keeps who was used on probation, and spares who was used since", () => {
    const window = order(4, 0); // One in the window, two kept at most.
    for (const slot of [3, 4, 5, 6, 7]) window.add(slot, 1);
    for (const slot of [3, 4]) window.use(slot);
    expect([...window]).toEqual([7, 6, 4, 3, 5]);
    window.use(3);
    window.use(5);
    expect([...window]).toEqual([7, 6, 3, 5, 4]);
  });

  test("grows by what is in use, and shrinks by at most eight more an eviction", () => {
    const window = order(14, 0);
    for (let slot = 3; slot <= 16; slot++) window.add(slot, 1);
    window.bound(14, 1);
    for (const slot of [3, 4, 5]) window.use(slot);
    expect([...window].slice(0, 5)).toEqual([5, 4, 3, 16, 15]);
    for (let slot = 6; slot <= 16; slot++) window.use(slot);
    window.bound(14, 0);
    // 3 to 10 go on probation, and 11 is no better than 3.
    expect(window.victim()).toBe(11);
    window.remove(11);
    expect(window.victim()).toBe(15);
  });

  test("keeps all that were used again until one had to go, and then sheds at most eight for one that joins", () => {
    const window = new WindowTinyLfu(tableOf(103), 103, 1);
    window.bound(100, 0, false);
    for (let slot = 3; slot <= 102; slot++) window.add(slot, 1);
    for (let slot = 3; slot <= 99; slot++) window.use(slot);
    const from99DownTo = (last: number) => Array.from({ length: 100 - last }, (_, i) => 99 - i);
    expect([...window]).toEqual([102, 101, ...from99DownTo(3), 100]);
    window.bound(100, 0);
    window.use(100);
    expect([...window]).toEqual([102, 101, 100, ...from99DownTo(11), 10, 9, 8, 7, 6, 5, 4, 3]);
  });

  test("counts uses up to 15, and halves them with age", () => {
    const window = order(3, 1);
    window.add(3, 1);
    for (let i = 0; i < 4; i++) window.use(3);
    expect(window.frequency(3)).toBe(5);
    for (let i = 0; i < 40; i++) window.use(3);
    expect(window.frequency(3)).toBe(15);
    window.age();
    expect(window.frequency(3)).toBe(7);
    expect([...window]).toEqual([3]);
  });

  test("remembers a mark in every list", () => {
    const window = order(3, 0);
    window.add(3, 1, true);
    for (const slot of [4, 5]) window.add(slot, 1);
    expect([3, 3, 3, 4, 5].map((slot) => window.use(slot))).toEqual([true, true, true, false, false]);
    window.age();
    window.mark(4, true);
    window.mark(3, false);
    expect([3, 4].map((slot) => window.use(slot))).toEqual([false, true]);
  });

  test("lets a warm newcomer in by chance, so that a rival of high frequency can't lock it out for ever", () => {
    const window = order(2, 0);
    window.add(3, 15);
    let turnedAway = 0;
    for (window.add(4, 6), window.add(5, 1); window.victim() === 4; turnedAway++) {
      window.remove(4);
      window.remove(5);
      window.add(4, 6);
      window.add(5, 1);
    }
    expect(turnedAway).toBeGreaterThan(0);
  });
});

describe("frequencies of what is gone", () => {
  test("are what was recorded last, halved by age", () => {
    const ghosts = new GhostFrequencies(64);
    ghosts.record(0x12345678, 9);
    expect(ghosts.frequency(0x12345678)).toBe(9);
    expect(ghosts.frequency(0x12345578)).toBe(0);
    ghosts.record(0x12345678, 5);
    ghosts.age();
    expect(ghosts.frequency(0x12345678)).toBe(2);
  });

  test("of the least are forgotten first", () => {
    const ghosts = new GhostFrequencies(4);
    for (let i = 1; i <= 20; i++) ghosts.record(i << 4, i === 3 ? 4 : 1);
    expect(ghosts.frequency(3 << 4)).toBe(4);
    expect(ghosts.frequency(20 << 4)).toBe(1);
    expect(Array.from({ length: 20 }, (_, i) => ghosts.frequency((i + 1) << 4)).filter(Boolean)).toHaveLength(
      4,
    );
  });
});

describe("miniature caches", () => {
  const shares = [0.01, 0.3, 1];

  test("tell a loop, where the small window wins, from reuse after a while, where LRU does", () => {
    const loop = new MiniatureCaches(20, shares, 1);
    for (let i = 0; i < 1000; i++) loop.request((i % 30) * 16, 1);
    expect(loop.review(2)).toBe(0);
    const recency = new MiniatureCaches(20, shares, 1);
    for (let i = 0; i < 1000; i++) {
      recency.request(i * 16, 1);
      recency.request((i - 8) * 16, 2);
    }
    expect(recency.review(0)).toBe(2);
  });

  test("leave the choice as it is while they do equally well", () => {
    const caches = new MiniatureCaches(20, shares, 1);
    for (let i = 0; i < 1000; i++) caches.request(i % 10, 1);
    for (const choice of [0, 1, 2]) expect(caches.review(choice)).toBe(choice);
  });
});

describe("AdaptivePolicy", () => {
  test("knows exactly the entries that there are, whatever happens to them", () => {
    const step = fc.oneof(
      { weight: 20, arbitrary: fc.record({ do: fc.constant("request"), key: fc.nat(60) }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant("delete"), key: fc.nat(60) }) },
      {
        weight: 1,
        arbitrary: fc.record({ do: fc.constant("resize"), key: fc.integer({ min: 1, max: 40 }) }),
      },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.array(step, { maxLength: 300 }), (capacity, steps) => {
        const cache = new PolicyCache(capacity, 5);
        for (const { do: what, key } of steps) {
          if (what === "request") cache.request(key);
          else if (what === "delete") cache.delete(key);
          else {
            cache.capacity = key;
            cache.policy.resized();
            cache.shrink();
          }
          expect(cache.keys().sort()).toEqual([...cache.slotOf.keys()].sort());
        }
      }),
    );
  });

  test("holds a loop that is a little too large, which LRU never hits", () => {
    const cache = new PolicyCache(100);
    expect(
      hits(
        cache,
        Array.from({ length: 12_000 }, (_, i) => i % 120),
      ),
    ).toBeGreaterThan(0.7 * 12_000);
  });

  test("does nearly as well as LRU where each key is used once more after a while, and never again", () => {
    const cache = new PolicyCache(100);
    const keys = Array.from({ length: 10_000 }, (_, i) => (i % 2 === 0 ? i : i - 81));
    expect(hits(cache, keys)).toBeGreaterThan(4500);
  });

  test("keeps a hot set through a scan", () => {
    const cache = new PolicyCache(100);
    const random = seededRandom(1);
    const hot = () => Array.from({ length: 2000 }, () => Math.floor(random() * 80));
    hits(cache, hot());
    hits(
      cache,
      Array.from({ length: 1000 }, (_, i) => 1000 + i),
    );
    expect(hits(cache, hot())).toBeGreaterThan(1900);
  });

  test("finds what fits anew when the bound grows", () => {
    const cache = new PolicyCache(10, 20);
    const loop = Array.from({ length: 6000 }, (_, i) => i % 120);
    expect(hits(cache, loop)).toBeLessThan(600);
    cache.capacity = 100;
    cache.policy.resized();
    expect(hits(cache, loop)).toBeGreaterThan(0.7 * 6000);
  });

  test("names victims until none is left, each time one that is there, as heavy entries need", () => {
    const cache = new PolicyCache(50);
    for (let i = 0; i < 500; i++) cache.request(i % 70);
    cache.capacity = 0;
    cache.shrink();
    expect(cache.keys()).toEqual([]);
    expect(cache.request(1)).toBe(false);
  });

  test("chooses the same for the same seed", () => {
    const random = seededRandom(1);
    const keys = Array.from({ length: 5000 }, () => Math.floor(random() ** 3 * 500));
    const keptWith = (seed: number) => {
      const cache = new PolicyCache(80, 83, seed);
      hits(cache, keys);
      return cache.keys();
    };
    expect(keptWith(7)).toEqual(keptWith(7));
    expect(keptWith(7)).not.toEqual(keptWith(8));
  });
});
