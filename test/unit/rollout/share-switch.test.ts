import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../../../src/measure/random.ts";
import { Rollout } from "../../../src/rollout/index.ts";
import { KeyWindow } from "../../../src/rollout/key-window.ts";
import { ShareSwitch } from "../../../src/rollout/share-switch.ts";

const switchOf = (id: string, share: number, seed = 0): ShareSwitch => {
  const made = new ShareSwitch(id, seed, seededRandom(1));
  made.share = share;
  return made;
};

test("a key has the same answer each time, in every process", () => {
  fc.assert(
    fc.property(fc.string(), fc.double({ min: 0, max: 100, noNaN: true }), (key, share) => {
      expect(switchOf("cache", share).decide(key)).toBe(switchOf("cache", share).decide(key));
    }),
  );
  const on = Array.from({ length: 20 }, (_, i) => switchOf("cache", 50).decide(`user-${i}`));
  expect(on.map(Number).join("")).toBe("01001001111111011010");
});

test.each([
  [1, 6, [495, 560, 565, 745], 11, [15, 61, 292, 321]],
  [5, 52, [59, 74, 102, 107], 39, [15, 35, 61, 88]],
  [25, 252, [1, 6, 9, 15], 233, [0, 2, 4, 7]],
  [50, 483, [0, 1, 2, 6], 505, [0, 2, 3, 4]],
  [95, 942, [0, 1, 2, 3], 951, [0, 1, 2, 3]],
])(
  "at %i %% the same users are on in each release, whichever of two optimizations is asked for",
  (share, caches, firstCaches, retries, firstRetries) => {
    const optimizations = { "query-cache": { share }, retries: { share } };
    using rollout = new Rollout({ optimizations, log: () => undefined });
    const on: Record<"query-cache" | "retries", number[]> = { "query-cache": [], retries: [] };
    for (let user = 0; user < 1000; user++)
      for (const id of ["query-cache", "retries"] as const)
        if (rollout.isOn(id, `user-${user}`)) on[id].push(user);
    expect([on["query-cache"].length, on.retries.length]).toEqual([caches, retries]);
    expect([on["query-cache"].slice(0, 4), on.retries.slice(0, 4)]).toEqual([firstCaches, firstRetries]);
  },
);

test("a higher share only adds keys", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.integer(), fc.bigInt()),
      fc.double({ min: 0, max: 100, noNaN: true }),
      fc.double({ min: 0, max: 100, noNaN: true }),
      (key, one, other) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        if (switchOf("cache", low).decide(key)) expect(switchOf("cache", high).decide(key)).toBe(true);
      },
    ),
  );
});

test("0 % is nobody, 100 % is everybody, and while it is held nobody", () => {
  const all = switchOf("cache", 100);
  const none = switchOf("cache", 0);
  for (let i = 0; i < 1000; i++) {
    expect(all.decide(i)).toBe(true);
    expect(none.decide(i)).toBe(false);
    expect(none.decide(undefined)).toBe(false);
  }
  all.isHeld = true;
  expect(all.decide(1)).toBe(false);
  expect(all.share).toBe(100);
});

test.each([1, 5, 25, 50])("of many keys, %i percent are on, whatever the keys look like", (share) => {
  const n = 40_000;
  const shapes = [(i: number) => i, (i: number) => `user-${i}`, (i: number) => `${i}@example.org`];
  for (const shape of shapes) {
    const each = switchOf("cache", share);
    let on = 0;
    for (let i = 0; i < n; i++) if (each.decide(shape(i))) on++;
    const p = share / 100;
    expect(Math.abs(on / n - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / n));
  }
});

test("shares of two optimizations are independent, and so is what tells keys apart", () => {
  const n = 40_000;
  const [one, other] = [switchOf("cache", 50), switchOf("pool", 50)];
  let [both, odd] = [0, 0];
  for (let i = 0; i < n; i++) {
    const isOn = one.decide(`user-${i}`);
    if (isOn && other.decide(`user-${i}`)) both++;
    if (isOn && one.identify(`user-${i}`) & 1) odd++;
  }
  const bound = 5 * Math.sqrt((0.25 * 0.75) / n);
  expect(Math.abs(both / n - 0.25)).toBeLessThan(bound);
  expect(Math.abs(odd / n - 0.25)).toBeLessThan(bound);
});

test("another seed chooses other keys", () => {
  const [one, other] = [switchOf("cache", 50), switchOf("cache", 50, 1)];
  const differing = Array.from({ length: 1000 }, (_, i) => one.decide(i) !== other.decide(i));
  expect(differing.filter(Boolean).length).toBeGreaterThan(400);
});

test("a key of another type is told of", () => {
  expect(() => switchOf("cache", 50).decide({} as never)).toThrow(TypeError);
});

test("a key counts once within its window, and again after it", () => {
  const window = new KeyWindow(1000);
  expect([0, 10, 999, 1000, 1001].map((at) => window.admit(7, at))).toEqual([
    true,
    false,
    false,
    true,
    false,
  ]);
  expect(window.admit(8, 1001)).toBe(true);
  // Keys of one set: two that take turns are both remembered.
  const turns = [1, 2, 1, 2, 1, 2].map((i) => window.admit(4096 * i + 8, 5000));
  expect(turns).toEqual([true, true, false, false, false, false]);
  const open = new KeyWindow(0);
  expect([0, 0].map((at) => open.admit(7, at))).toEqual([true, true]);
});
