import { describe, expect, test } from "vitest";
import { chartColumns } from "../../../src/dashboard/page/chart-data.ts";
import { labelText, quantity, span, unitName } from "../../../src/dashboard/page/format.ts";
import { Store } from "../../../src/dashboard/page/store.ts";
import type { RowDescription } from "../../../src/dashboard/wire.ts";

const row = (id: number, key: string): RowDescription => ({
  id,
  key,
  kind: "gauge",
  name: key,
  help: "",
  unit: "",
  room: "application",
  labels: {},
});
const values = (store: Store, key: string): number[] => [
  ...store.rows.get(key)!.columns[0]!.subarray(0, store.times.length),
];
const gap = Number.NaN;

describe("the page's samples", () => {
  test("older ones are put before and between those that came live", () => {
    const store = new Store();
    store.begin("one", 20);
    store.change({ add: [row(1, "a"), row(2, "b")], drop: [] });
    store.append({
      t: 50,
      rows: [
        [1, 5, 5],
        [2, 50, 50],
      ],
    });
    store.append({ t: 60, rows: [[1, 6, 6]] });
    store.merge({
      times: Float64Array.of(30, 40, 50),
      rows: new Map([[1, [Float32Array.of(3, gap, 5)]]]),
    });
    expect([...store.times]).toEqual([30, 40, 50, 60]);
    expect(values(store, "a")).toEqual([3, gap, 5, 6]);
    expect(values(store, "b")).toEqual([gap, gap, 50, gap]);
  });

  test("after a restart a row goes on under its new id, and only what it missed is asked for", () => {
    const store = new Store();
    expect(store.begin("one", 20)).toBe(false);
    store.change({ add: [row(1, "a"), row(2, "b")], drop: [] });
    expect(store.rows.get("a")!.missingFrom).toBe(0);
    store.rows.get("a")!.missingFrom = undefined;
    store.append({
      t: 10,
      rows: [
        [1, 1, 1],
        [2, 2, 2],
      ],
    });
    expect(store.begin("two", 20)).toBe(true);
    store.change({ add: [row(2, "a")], drop: [] });
    store.append({ t: 90, rows: [[2, 9, 9]] });
    expect(store.rows.get("a")).toMatchObject({ id: 2, isLive: true, missingFrom: 10 });
    expect(store.rows.get("b")).toMatchObject({ isLive: false, missingFrom: 0 });
    store.merge({ times: Float64Array.of(80, 90), rows: new Map([[2, [Float32Array.of(8, 9)]]]) });
    expect([...store.times]).toEqual([10, 80, 90]);
    expect(values(store, "a")).toEqual([1, 8, 9]);
    store.sweep(11);
    expect([...store.rows.keys()]).toEqual(["a"]);
  });

  test("stay within their bound, the latest ones kept", () => {
    const store = new Store();
    store.begin("one", 40);
    store.change({ add: [row(1, "a")], drop: [] });
    for (let t = 1; t <= 1_000; t++) store.append({ t, rows: [[1, t, t]] });
    expect(store.times.length).toBeLessThanOrEqual(60);
    expect(store.times.length).toBeGreaterThanOrEqual(40);
    expect(values(store, "a").at(-1)).toBe(1_000);
    expect(values(store, "a")).toEqual([...store.times]);
    store.append({ t: 5, rows: [[1, 5, 5]] });
    expect(store.lastTime).toBe(1_000);
  });

  test("a row that the server gave up is gone", () => {
    const store = new Store();
    store.begin("one", 20);
    store.change({ add: [row(1, "a")], drop: [] });
    store.change({ add: [], drop: [1, 7] });
    expect(store.rows.size).toBe(0);
  });
});

describe("a chart's columns", () => {
  test("begin where the chart begins, and have a gap where no samples were taken", () => {
    const times = Float64Array.of(1, 2, 3, 9, 10);
    expect(chartColumns(times, [Float32Array.of(1, 2, gap, 4, 5)], 2, 2.5, 100)).toEqual([
      [2, 3, 4, 9, 10],
      [2, null, null, 4, 5],
    ]);
  });

  test("keep the smallest and the largest of what shares a pixel, in their order", () => {
    const times = Float64Array.from({ length: 1_000 }, (_, i) => i);
    const spiky = Float32Array.from(times, (i) => (i === 555 ? 99 : i === 333 ? -99 : 1));
    const [x, line] = chartColumns(times, [spiky], 0, 2.5, 50);
    expect(x.length).toBe(100);
    expect(x).toEqual(x.toSorted((a, b) => a - b));
    expect([Math.min(...(line as number[])), Math.max(...(line as number[]))]).toEqual([-99, 99]);
  });
});

test.each([
  [0.00123, "s", "1.23 ms"],
  [1.5, "ms", "1.5 ms"],
  [90, "s", "90 s"],
  [7_300, "s", "2.03 h"],
  [0, "s", "0 s"],
  [1_536, "By", "1.5 KiB"],
  [2 ** 31, "By/s", "2 GiB/s"],
  [0.934, "1", "93.4 %"],
  [12_345.6, "{request}/s", "12,346/s"],
  [0.25, "s/s", "25 %"],
  [4.2e9, "", "4.20 G"],
  [0.00001, "", "1.0e-5"],
  [Number.NaN, "s", "–"],
  [null, "", "–"],
])("%s in %j is written %s", (value, unit, text) => {
  expect(quantity(value, unit)).toBe(text);
});

test("labels, spans and units are said in words", () => {
  expect(labelText({ queue: "mail" })).toBe("mail");
  expect(labelText({ "db.system.name": "sqlite", b: "2" })).toBe("name=sqlite, b=2");
  expect(span(125_400)).toBe("2.08 min");
  expect(unitName("{entry}/s")).toBe("entries each second");
  expect(unitName("By")).toBe("bytes");
});
