import { describe, expect, test } from "vitest";
import { rowResult, unmeasuredRow } from "../../../src/report/row-result.ts";
import { verdictText } from "../../../src/report/verdict-text.ts";
import { sameAnswers, type Workload } from "../../../src/report/workload.ts";
import { plan, smallMeasurement, smallRow, smallWorkload, steady } from "./small-document.ts";

const peer = { name: "rival", about: "a library", module: "", export: "", args: {} };
const withPeer: Workload = { ...smallWorkload, peer };

describe("a row's verdict", () => {
  test("is better when the interval lies on the faster side", () => {
    const row = smallRow();
    expect(row.verdict).toBe("better");
    expect(row.vsBaseline?.wall).toMatchObject({ ratio: 2, low: 2, high: 2 });
    expect(row.vsBaseline?.cpu.ratio).toBe(2);
    expect(verdictText(row)).toBe("50 % less time (50 %)");
  });
  test("is worse when it lies on the slower side", () => {
    const measurement = smallMeasurement({ baseline: steady(1000), optimized: steady(1500) });
    const row = rowResult(smallWorkload, { repetitions: plan, measurement });
    expect(row.verdict).toBe("worse");
    expect(verdictText(row)).toBe("50 % more time (50 %)");
  });
  test("is no difference shown when the interval holds 1, however the medians lie", () => {
    const noisy = (shift: number) =>
      [0, 1, 2].map((p) => [800, 1000, 1200, 1400].map((ns) => ns + 150 * p + shift));
    const measurement = smallMeasurement({ baseline: noisy(40), optimized: noisy(0) });
    const row = rowResult(smallWorkload, { repetitions: plan, measurement });
    expect(row.vsBaseline?.wall.ratio).toBeGreaterThan(1);
    expect(row.verdict).toBe("no-difference");
    expect(verdictText(row)).toBe("no difference shown (within noise)");
  });
  test("claims nothing when the answers differ, whatever the times", () => {
    const measurement = smallMeasurement(
      { baseline: steady(4000), optimized: steady(2000) },
      { answers: { baseline: "42", optimized: "43" } },
    );
    const row = rowResult(
      {
        ...smallWorkload,
        figures: () => [{ id: "f", title: "F", question: "?", value: 1, kind: "count", detail: "" }],
      },
      { repetitions: plan, measurement },
    );
    expect(row.verdict).toBe("answers-differ");
    expect(row.check).toEqual({ ok: false, detail: 'plain answered "42", toolkit answered "43"' });
    expect(row.figures).toEqual([]);
  });
  test("claims nothing when the processes of one variant gave different answers", () => {
    const measurement = smallMeasurement(
      { baseline: steady(4000), optimized: steady(2000) },
      { warnings: ["optimized: its processes gave different answers; make the work deterministic"] },
    );
    const row = rowResult(smallWorkload, { repetitions: plan, measurement });
    expect(row.verdict).toBe("answers-differ");
    expect(row.check?.detail).toBe(
      "toolkit: its processes gave different answers; make the work deterministic",
    );
  });
  test("is failed when nothing could be measured, with the reason", () => {
    const row = rowResult(smallWorkload, { repetitions: plan, error: "out of paper" });
    expect(row).toMatchObject({ verdict: "failed", error: "out of paper", baseline: { status: "failed" } });
    expect(row.repetitions).toMatchObject({ processes: 0, rounds: 0 });
  });
  test("is not measured when its turn did not come", () => {
    const row = unmeasuredRow(smallWorkload, plan);
    expect(row).toMatchObject({ verdict: "not-run", optimized: { status: "not-run" }, partial: false });
    expect(verdictText(row)).toBe("not measured");
  });
});

describe("a row's variants", () => {
  test("show median and quartiles over all rounds of all processes, and the peer's own ratio", () => {
    const measurement = smallMeasurement({
      baseline: [
        [1000, 2000, 3000],
        [4000, 5000],
      ],
      peer: steady(3000),
      optimized: steady(1000),
    });
    const row = rowResult(withPeer, { repetitions: plan, measurement });
    expect(row.baseline).toMatchObject({
      status: "measured",
      rounds: 5,
      wallNs: { median: 3000, lowerQuartile: 2000, upperQuartile: 4000 },
      cpuNs: { median: 1500, lowerQuartile: 1000, upperQuartile: 2000 },
    });
    expect(row.vsPeer?.wall.ratio).toBeCloseTo(3, 12);
    expect(row.repetitions).toMatchObject({ processes: 2, rounds: 3 });
  });
  test("say what to install for a peer that isn't there", () => {
    const row = smallRow({ peer: { name: "rival", about: "a library", install: "rival" } });
    expect(row.peer).toEqual({
      status: "not-installed",
      name: "rival",
      about: "a library",
      install: "rival",
    });
    expect(row.vsPeer).toBeUndefined();
    expect(row.verdict).toBe("better");
  });
  test("keep the row when only the peer failed", () => {
    const measurement = smallMeasurement({ baseline: steady(4000), optimized: steady(2000) });
    const row = rowResult(withPeer, { repetitions: plan, measurement, peerError: "no such library" });
    expect(row).toMatchObject({
      verdict: "better",
      peer: { status: "failed", error: "no such library" },
      error: "no such library",
    });
  });
});

describe("a row that was cut short", () => {
  test("is judged by what it has, and its answers are not compared, since not all did the same", () => {
    const measurement = smallMeasurement(
      { baseline: steady(4000), optimized: steady(2000) },
      { partial: true, answers: { baseline: "1", optimized: "2" } },
    );
    const row = rowResult(smallWorkload, { repetitions: plan, measurement });
    expect(row.check).toBeUndefined();
    expect(row).toMatchObject({ verdict: "better", partial: true });
  });
  test("has no figure where an arm has no round", () => {
    const measurement = smallMeasurement({ baseline: [], optimized: [] }, { partial: true });
    const row = rowResult(smallWorkload, { repetitions: plan, measurement });
    expect(row).toMatchObject({ verdict: "not-run", baseline: { status: "not-run" } });
  });
});

describe("the usual check", () => {
  test("passes only when all answered, and alike", () => {
    expect(
      sameAnswers([
        { variant: "a", answer: [1] },
        { variant: "b", answer: [1] },
      ]),
    ).toEqual({
      ok: true,
      detail: 'all 2 variants answered "[1]"',
    });
    expect(
      sameAnswers([
        { variant: "a", answer: 1 },
        { variant: "b", answer: undefined },
      ]).ok,
    ).toBe(false);
    expect(
      sameAnswers([
        { variant: "a", answer: 0 },
        { variant: "b", answer: null },
      ]).ok,
    ).toBe(false);
    expect(sameAnswers([]).ok).toBe(false);
  });
  test("gives way to the workload's own", () => {
    const check = () => ({ ok: false, detail: "never" });
    expect(smallRow({ check }).check).toEqual({ ok: false, detail: "never" });
  });
});

test("figures come from the optimized variant's counters", () => {
  const row = smallRow({
    figures: ({ reads = 0, hits = 0 }) => [
      { id: "rate", title: "Hit rate", question: "?", value: hits / reads, kind: "ratio", detail: `${hits}` },
    ],
  });
  expect(row.figures).toMatchObject([{ value: 0.52, detail: "104" }]);
});
