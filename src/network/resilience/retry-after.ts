import type { IncomingHttpHeaders } from "node:http";

const seconds = /^\d{1,10}$/;
/** The three forms of RFC 9110, 5.6.7. `Date.parse` alone would take nearly anything. */
const httpDate =
  /^(?:[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT|[A-Z][a-z]{5,8}, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})$/;

/**
 * How long the server asks to be left alone.
 * A date is counted from the response's own `Date`, if there is one, so that clocks that differ do no harm.
 * @param nowMs milliseconds of the calendar, for a response without `Date`
 * @returns milliseconds, ≥ 0; `undefined` when there is no `Retry-After`, or none that makes sense
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function retryAfterMs(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const value = first(headers["retry-after"])?.trim();
  if (value === undefined) return undefined;
  if (seconds.test(value)) return Number(value) * 1000;
  const at = parseHttpDate(value);
  if (at === undefined) return undefined;
  return Math.max(0, at - (parseHttpDate(first(headers.date)?.trim()) ?? nowMs));
}

function first(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "object" ? value[0] : value;
}

function parseHttpDate(value: string | undefined): number | undefined {
  if (value === undefined || !httpDate.test(value)) return undefined;
  // The last form names no zone, and means GMT as well.
  const at = Date.parse(value.endsWith("GMT") ? value : `${value} GMT`);
  return Number.isNaN(at) ? undefined : at;
}
