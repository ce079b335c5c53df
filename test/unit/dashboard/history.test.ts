import fc from "fast-check";
import { expect, test } from "vitest";
import { History } from "../../../src/dashboard/history.ts";
import { historyBytes } from "../../../src/dashboard/history-bytes.ts";
import { decoded } from "../../../src/dashboard/page/older.ts";

test("keeps the last samples of each row, and NaN where a row was not there", () => {
  const history = new History(3, 10);
  history.begin(1);
  history.add(7, 2);
  history.set(7, [1, 10]);
  history.begin(2);
  history.begin(3);
  history.add(8, 1);
  history.set(8, [5]);
  history.begin(4);
  history.set(7, [4, 40]);
  const { times, rows } = history.window([7, 8, 9], 0);
  expect([...times]).toEqual([2, 3, 4]);
  expect(rows.map(({ id, fields }) => [id, fields.map((field) => [...field])])).toEqual([
    [
      7,
      [
        [Number.NaN, Number.NaN, 4],
        [Number.NaN, Number.NaN, 40],
      ],
    ],
    [8, [[Number.NaN, 5, Number.NaN]]],
  ]);
  expect([...history.window([8], 3).times]).toEqual([4]);
});

test("an hour at one second takes 14.4 kB a series, and no more however long it runs", () => {
  const history = new History(3_600, 1_000);
  for (let time = 1; time <= 4_000; time++) {
    history.begin(time);
    if (time === 1) history.add(1, 1);
    history.set(1, [time]);
  }
  expect(history.stats()).toEqual({
    series: 1,
    samples: 3_600,
    sizeBytes: 3_600 * 12,
    dropped: 0,
    refused: 0,
  });
  expect(history.window([1], 0).times[0]).toBe(401);
});

test("gives up the row that was seen longest ago, but none that the sample at hand has seen", () => {
  const dropped: number[] = [];
  const history = new History(10, 3, (id) => dropped.push(id));
  history.begin(1);
  for (const id of [1, 2, 3]) expect(history.add(id, 1)).toBe(true);
  expect(history.add(4, 1)).toBe(false);
  history.begin(2);
  history.set(1, [1]);
  history.set(3, [1]);
  history.begin(3);
  history.set(1, [1]);
  expect(history.add(4, 2)).toBe(true);
  expect(dropped).toEqual([2, 3]);
  expect(history.stats()).toMatchObject({ series: 3, dropped: 2 });
});

test("is what a plain list of samples is, whatever comes, and reaches the page unchanged", () => {
  const step = fc.dictionary(fc.constantFrom("1", "2", "3"), fc.integer({ min: -100, max: 100 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 0, max: 45 }), (steps, from) => {
      const history = new History(8, 3);
      const all: { readonly time: number; readonly values: Record<string, number> }[] = [];
      for (const [i, values] of steps.entries()) {
        history.begin(i + 1);
        for (const [id, value] of Object.entries(values)) {
          if (!history.has(Number(id))) history.add(Number(id), 1);
          history.set(Number(id), [value]);
        }
        all.push({ time: i + 1, values });
      }
      const kept = all.slice(-8).filter(({ time }) => time > from);
      const { times, rows } = decoded(historyBytes(history.window([1, 2, 3], from)).buffer as ArrayBuffer);
      expect([...times]).toEqual(kept.map(({ time }) => time));
      for (const [id, [column]] of rows)
        expect([...column!]).toEqual(kept.map(({ values }) => values[id] ?? Number.NaN));
    }),
  );
});
