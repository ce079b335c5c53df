import { describe, expect, test } from "vitest";
import { type Random, seededRandom } from "../../../../src/measure/random.ts";
import { HeapHistory } from "../../../../src/memory/leaks/heap-history.ts";
import { emptyProfile } from "../../../../src/memory/leaks/sampling-profiler.ts";
import type { WhenFull } from "../../../../src/memory/leaks/site-growth.ts";

const minute = 60;
const base = 50e6;

/** At which readings, one a minute, growth is called a leak. */
function leaking(
  whenFull: WhenFull,
  readings: number,
  bytesAt: (reading: number, random: Random) => number,
  seed = 1,
): number[] {
  const history = new HeapHistory(131_072, whenFull);
  const random = seededRandom(seed);
  const found: number[] = [];
  for (let reading = 0; reading < readings; reading++) {
    const heapBytes = bytesAt(reading, random);
    history.add(reading * minute, { heapBytes, externalBytes: 0, profile: emptyProfile, restarted: false });
    if (history.growth(524_288).status === "leaking") found.push(reading);
  }
  return found;
}

describe.each(["drop oldest", "thin out"] as const)("of a watch that is to %s", (whenFull) => {
  test("steady growth is a leak soon, and goes on being one", () => {
    const found = leaking(whenFull, 200, (reading, random) => base + 1e5 * reading + 2e5 * random());
    expect(found[0]).toBeLessThan(15);
    expect(found.length).toBeGreaterThan(180);
  });
});

test("a heap that swings by more than it grows is hardly ever called one, however often it is looked at", () => {
  const swinging = (_: number, random: Random): number => base + 4e6 * random();
  const seeds = Array.from({ length: 20 }, (_, i) => i + 1);
  const alarms = seeds.filter((seed) => leaking("thin out", 500, swinging, seed).length > 0);
  expect(alarms.length).toBeLessThanOrEqual(1);
});

test("what has come and gone before is no leak when it comes again", () => {
  // Grows for three hours, longer than the watch remembers, and is collected then.
  const sawtooth = (reading: number, random: Random): number => base + 3e4 * (reading % 180) + 1e5 * random();
  const found = leaking("drop oldest", 1000, sawtooth);
  // The first time nobody can know.
  expect(found.filter((reading) => reading < 180)).not.toEqual([]);
  expect(found.filter((reading) => reading >= 190)).toEqual([]);
});

test("a leak that begins late is found once it is beyond all that was before", () => {
  const found = leaking(
    "drop oldest",
    600,
    (reading, random) => base + 1e5 * Math.max(0, reading - 500) + 2e5 * random(),
  );
  expect(found[0]).toBeGreaterThan(500);
  expect(found[0]).toBeLessThan(530);
});
