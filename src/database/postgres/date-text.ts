import type { PrepareValue } from "./pg-client.ts";

/** From 1973 on, every time zone is whole minutes away from UTC (Liberia was the last to give up its seconds). */
const wholeMinutesSinceMs = Date.UTC(1973, 0);
const minuteMs = 60_000;
/** `2023-11-14T22:13:20.000+00:00`: what stands before its seconds and after its milliseconds is that of its minute. */
const [textLength, secondsAt, zoneAt] = [29, 17, 23];

/**
 * Writes dates exactly as pg does. The dates of a batch are mostly close to each other, and formatting one is the
 * dearest of all conversions, so pg is asked once for each run of dates of the same minute.
 */
export function dateWriter(prepareValue: PrepareValue): (date: Date) => string | Buffer | null {
  let minute = Number.NaN;
  let head = "";
  let tail = "";
  return (date) => {
    const ms = date.getTime();
    const itsMinute = Math.floor(ms / minuteMs);
    if (itsMinute === minute) {
      const within = ms - itsMinute * minuteMs;
      const seconds = Math.floor(within / 1_000);
      return `${head}${pad(seconds, 2)}.${pad(within - seconds * 1_000, 3)}${tail}`;
    }
    const text = prepareValue(date);
    if (ms >= wholeMinutesSinceMs && typeof text === "string" && text.length === textLength) {
      minute = itsMinute;
      head = text.slice(0, secondsAt);
      tail = text.slice(zoneAt);
    }
    return text;
  };
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}
