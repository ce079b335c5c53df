import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { type GcPause, observeGc } from "../../../../src/metrics/runtime/gc-observer.ts";
import { collectGarbage } from "../../../support/collect-garbage.ts";

async function pausesWhile(act: () => void): Promise<GcPause[]> {
  const pauses: GcPause[] = [];
  const end = observeGc((pause) => pauses.push(pause));
  act();
  while (!pauses.some(({ kind }) => kind === "major")) await wait(1);
  end();
  return pauses;
}

test("a full collection is told as a major one, with its start and its duration", async () => {
  const before = performance.now();
  const pauses = await pausesWhile(() => void collectGarbage());
  const major = pauses.find(({ kind }) => kind === "major");
  expect(major?.startMs).toBeGreaterThanOrEqual(before);
  expect(major?.durationMs).toBeGreaterThan(0);
});

test("what has been ended is told nothing more, and ends no other", async () => {
  let ended = 0;
  let going = 0;
  const end = observeGc(() => ended++);
  const stop = observeGc(() => going++);
  end();
  end();
  await pausesWhile(() => void collectGarbage());
  expect({ ended, going: going > 0 }).toEqual({ ended: 0, going: true });
  stop();
});

test("one function given twice is told twice, and each is ended for itself", async () => {
  const told: GcPause[] = [];
  const listener = (pause: GcPause) => void told.push(pause);
  const ends = [observeGc(listener), observeGc(listener)];
  await pausesWhile(() => void collectGarbage());
  expect(told.length % 2).toBe(0);
  expect(told.length).toBeGreaterThan(0);
  ends[0]?.();
  told.length = 0;
  const pauses = await pausesWhile(() => void collectGarbage());
  expect(told).toEqual(pauses);
  ends[1]?.();
});
