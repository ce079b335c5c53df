import { expect, test } from "vitest";
import { LoadRecord } from "../../../src/compare/load/load-record.ts";
import { slotLength } from "../../../src/compare/server-round.ts";

const good = { ok: true, status: "200" };
const done = { sent: 4, dropped: 0, drainMs: 3, late: 1, abandoned: 0 };

test("sums up what counts, and leaves warm-up out", () => {
  const record = new LoadRecord();
  const warmup = record.begin(false);
  warmup.add(good, 500);
  expect(warmup.end(done, 100)).toBe(500);
  const slot = record.begin(true);
  for (const latency of [1, 2, 3]) slot.add(good, latency);
  slot.add({ ok: false, status: "ECONNRESET" }, undefined);
  expect(slot.end(done, 100)).toBe(2);
  expect(record.figures(new Map([[0, "200 x"]]))).toEqual({
    completed: 3,
    failed: 1,
    latencyMs: { p50: 2, p95: 2.9, p99: 2.98, p999: 2.998 },
    loadedMs: 100,
    statuses: { 200: 3, ECONNRESET: 1 },
    answers: [[0, "200 x"]],
    lateShare: 0.25,
    drainShare: 0.03,
  });
});

test("counts the time that a queue outlasts its slot, so that throughput tells of it", () => {
  const record = new LoadRecord();
  const slot = record.begin(true);
  slot.end({ ...done, drainMs: 60 }, 100);
  expect(record.figures(new Map())).toMatchObject({ loadedMs: 150, latencyMs: undefined });
});

test("turns are as short as the pace allows, and fill the duration exactly", () => {
  expect(slotLength(1, 1000, 5000)).toBe(250);
  expect(slotLength(100, 1000, 6000)).toBe(2000);
  expect(slotLength(1, 4, 5000)).toBe(2500);
  expect(slotLength(undefined, 1000, 200)).toBe(200);
  expect(slotLength(1000, 1, 5000)).toBe(5000);
});
