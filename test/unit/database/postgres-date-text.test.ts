import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { dateWriter } from "../../../src/database/postgres/date-text.ts";
import { loadPrepareValue } from "../../../src/database/postgres/pg-client.ts";

const prepareValue = await loadPrepareValue();
const zone = process.env.TZ;
afterEach(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

/** Runs of dates that are close to each other, anywhere in time. */
const dates = fc
  .array(fc.tuple(fc.integer({ min: -1e14, max: 1e15 }), fc.array(fc.integer({ min: 0, max: 200_000 }))))
  .map((runs) => runs.flatMap(([from, steps]) => steps.map((step) => new Date(from + step))));

test.each(["UTC", "Europe/London", "Asia/Kathmandu", "America/St_Johns", "Africa/Monrovia"])(
  "writes dates as pg does, in %s",
  (name) => {
    process.env.TZ = name;
    fc.assert(
      fc.property(dates, (run) => {
        const write = dateWriter(prepareValue);
        expect(run.map(write)).toEqual(run.map(prepareValue));
      }),
      { numRuns: 200 },
    );
  },
);

test.each([
  ["the hour that summer time skips", "Europe/Berlin", Date.UTC(2024, 2, 31, 0, 59)],
  ["the hour that winter time repeats", "Europe/Berlin", Date.UTC(2024, 9, 27, 0, 59)],
  ["half an hour of summer time", "Australia/Lord_Howe", Date.UTC(2024, 3, 6, 14, 59)],
  ["a zone that gives up its seconds in mid-minute", "Africa/Monrovia", Date.UTC(1972, 0, 7, 0, 44)],
  ["the turn of a year", "UTC", Date.UTC(2023, 11, 31, 23, 59)],
  ["the year 10000", "UTC", Date.UTC(9999, 11, 31, 23, 59)],
])("is exact around %s", (_, name, from) => {
  process.env.TZ = name;
  const run = Array.from({ length: 500 }, (_, i) => new Date(from + i * 250));
  const write = dateWriter(prepareValue);
  expect(run.map(write)).toEqual(run.map(prepareValue));
});

test("asks pg once a minute of dates", () => {
  let asked = 0;
  const write = dateWriter((value) => {
    asked++;
    return prepareValue(value);
  });
  for (let i = 0; i < 180; i++) write(new Date(1.7e12 + i * 1_000));
  expect(asked).toBe(4);
});
