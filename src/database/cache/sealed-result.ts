import type { QueryResult, Row } from "../driver.ts";

/** What is known of a result once it is sealed. */
export interface SealedResult {
  /** Frozen, with its rows and all that they hold as far as that can be frozen. */
  readonly result: QueryResult;
  /**
   * Estimate of the memory that it takes, in bytes: per row 48, per value 8 and per string its length, per byte array
   * its bytes, and so on. Right to about a factor of two; V8 tells nobody the truth.
   */
  readonly sizeBytes: number;
  /**
   * - `frozen`: nobody can change it, so that it may be shared.
   * - `copied`: holds Dates or bytes, which can't be frozen; everybody needs a copy of his own (`copyRows`).
   * - `unshareable`: holds what can be neither frozen nor copied (an instance of some class); not to be cached.
   */
  readonly sharing: "frozen" | "copied" | "unshareable";
}

/** Nesting beyond which a value counts as unshareable; a cycle is one, too. */
const maxDepth = 64;

// One seal at a time, and none of it waits: shared counters spare an object per value.
let sizeBytes = 0;
let mutable = false;
let foreign = false;

/** Freezes a result, in place, and measures it in the same pass: about 0.1 µs a row. */
export function seal(result: QueryResult): SealedResult {
  sizeBytes = 64;
  mutable = false;
  foreign = false;
  const rows = result.rows;
  for (let i = 0; i < rows.length; i++) sealValue(rows[i], 0);
  Object.freeze(rows);
  return {
    result: Object.freeze(result),
    sizeBytes,
    sharing: foreign ? "unshareable" : mutable ? "copied" : "frozen",
  };
}

function sealObject(object: Record<string, unknown>, depth: number): void {
  sizeBytes += 48;
  for (const name in object) sealValue(object[name], depth);
  Object.freeze(object);
}

function sealValue(value: unknown, depth: number): void {
  sizeBytes += 8;
  if (typeof value === "string") sizeBytes += value.length;
  else if (typeof value === "object" && value !== null) sealNested(value, depth + 1);
  else if (typeof value === "function") foreign = true;
}

function sealNested(value: object, depth: number): void {
  if (depth > maxDepth) foreign = true;
  else if (Array.isArray(value)) {
    sizeBytes += 16;
    for (const item of value) sealValue(item, depth);
    Object.freeze(value);
  } else if (isPlain(value)) sealObject(value as Record<string, unknown>, depth);
  else if (isDate(value)) {
    sizeBytes += 64;
    mutable = true;
  } else if (isBytes(value)) {
    sizeBytes += 96 + value.byteLength;
    mutable = true;
  } else foreign = true;
}

/** Rows that share nothing changeable with those given, and are frozen likewise. */
export function copyRows(rows: readonly Row[]): readonly Row[] {
  return Object.freeze(rows.map((row) => copyValue(row) as Row));
}

function copyObject<T extends object>(object: T): T {
  const copy = Object.create(Object.getPrototypeOf(object));
  // Defined rather than assigned: a column may be called __proto__.
  for (const [name, value] of Object.entries(object))
    Object.defineProperty(copy, name, { value: copyValue(value), enumerable: true });
  return Object.freeze(copy);
}

function copyValue(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(copyValue));
  if (isDate(value)) return new Date(value.getTime());
  // Buffer's own slice() is a view of the same bytes.
  if (Buffer.isBuffer(value)) return Buffer.from(value);
  if (isBytes(value)) return value.slice();
  return copyObject(value);
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isDate(value: object): value is Date {
  return Object.getPrototypeOf(value) === Date.prototype;
}

function isBytes(value: object): value is Uint8Array {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Buffer.prototype || prototype === Uint8Array.prototype;
}
