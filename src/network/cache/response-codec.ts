import type { ContentRange } from "./byte-range.ts";
import { type HeaderFields, lowerCased } from "./header-fields.ts";
import type { ResponseRecord } from "./stored-response.ts";

/** @returns all of a record but its body, as text */
export function encodeRecord(record: ResponseRecord): string {
  const { body: _body, selection, ...rest } = record;
  // JSON has no undefined in arrays.
  const values = selection.values.map((value) => value ?? null);
  return JSON.stringify({ ...rest, selection: { names: selection.names, values } });
}

/** @throws {Error} when `text` is not what `encodeRecord` made */
export function decodeRecord(text: string, body: Uint8Array): ResponseRecord {
  const raw = asObject(JSON.parse(text));
  const selection = asObject(raw.selection);
  const names = strings(selection.names);
  const values = asArray(selection.values).map((value) => (value === null ? undefined : asString(value)));
  if (names.length !== values.length) throw new Error("response record: selection is broken");
  const range = raw.range === undefined ? undefined : asRange(raw.range);
  return {
    status: asNumber(raw.status),
    statusText: asString(raw.statusText),
    fields: asFields(raw.fields),
    trailers: raw.trailers === undefined ? undefined : asFields(raw.trailers),
    body,
    range,
    isHead: raw.isHead === true,
    selection: { names, values, seen: [] },
    // Only what says so itself is for everybody.
    isPersonal: raw.isPersonal !== false,
    credentials: raw.credentials === undefined ? undefined : asString(raw.credentials),
    initialAgeMs: asNumber(raw.initialAgeMs),
    requestTime: asNumber(raw.requestTime),
    responseTime: asNumber(raw.responseTime),
  };
}

function broken(): never {
  throw new Error("response record: not as it was written");
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : broken();
}
const asArray = (value: unknown): unknown[] => (Array.isArray(value) ? value : broken());
const asString = (value: unknown): string => (typeof value === "string" ? value : broken());
const asNumber = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) ? value : broken();
const strings = (value: unknown): string[] => asArray(value).map(asString);

function asFields(value: unknown): HeaderFields {
  const fields = asObject(value);
  for (const name of Object.keys(fields)) {
    const field = fields[name];
    if (typeof field !== "string") strings(field);
  }
  return lowerCased(fields);
}

function asRange(value: unknown): ContentRange {
  const { start, end, total } = asObject(value);
  return { start: asNumber(start), end: asNumber(end), total: asNumber(total) };
}
