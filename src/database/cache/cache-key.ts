import { createHash } from "node:crypto";

/** Keys longer than this, in characters, are replaced by their SHA-256. */
const maxKeyLength = 4096;
/** Parameters that make a longer key, in characters, aren't worth a look into the cache. */
const maxHashedLength = 2 ** 20;
/** Nesting that no honest parameter has; a cycle has it. */
const maxDepth = 32;

/**
 * The parameters of a statement as a string: equal parameters give the same, different ones a different string, so
 * that `1`, `"1"`, `1n` and `true`, `null` and `undefined`, a date and its milliseconds, bytes and text stay apart.
 * `0` and `-0` stay apart, too (SQLite can tell them); all NaN are one. Objects are told apart by the order of their
 * keys, since their JSON is.
 * @returns `undefined` for what can't be keyed, so that the result can't be cached: an instance of a class (other than
 * `Date`, `Uint8Array`, `Buffer`), an invalid date, a symbol or function, an array with holes or a subclass of it,
 * an accessor, a cycle, or more than about a million characters
 */
export function cacheKey(params: readonly unknown[]): string | undefined {
  if (params.length === 0) return "";
  if (params.length === 1) {
    const value = params[0];
    // The three forms differ in their first character: a quote, a digit (or minus, I, N), or the list's bracket.
    if (typeof value === "string" && value.length < maxKeyLength) return `"${value}`;
    if (typeof value === "number") return numeral(value);
  }
  const key = list(params, 0, false);
  if (key === undefined || key.length <= maxKeyLength) return key;
  if (key.length > maxHashedLength) return undefined;
  // UTF-16, because UTF-8 would write one replacement for every lone surrogate.
  return `#${createHash("sha256").update(key, "utf16le").digest("base64")}`;
}

/** Every item has a form that says itself where it ends, so that no two lists run into the same text. */
function list(items: readonly unknown[], depth: number, inJson: boolean): string | undefined {
  if (depth > maxDepth) return undefined;
  let key = `[${items.length}:`;
  // By index, so that a hole is met as the `undefined` that drivers see.
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    const part =
      typeof item === "string"
        ? `s${item.length}:${item}`
        : typeof item === "number"
          ? `n${numeral(item)};`
          : item === null
            ? "z"
            : other(item, depth + 1, inJson);
    if (part === undefined) return undefined;
    key += part;
  }
  return key;
}

function numeral(value: number): string {
  return value === 0 && Object.is(value, -0) ? "-0" : `${value}`;
}

function other(value: unknown, depth: number, inJson: boolean): string | undefined {
  switch (typeof value) {
    case "undefined":
      return "u";
    case "boolean":
      return value ? "t" : "f";
    case "bigint":
      return `i${value};`;
    case "object":
      return object(value as object, depth, inJson);
    default:
      return undefined;
  }
}

function object(value: object, depth: number, inJson: boolean): string | undefined {
  switch (Object.getPrototypeOf(value)) {
    case Array.prototype:
      return list(value as readonly unknown[], depth, inJson);
    case Date.prototype: {
      const time = (value as Date).getTime();
      return Number.isNaN(time) ? undefined : `d${time};`;
    }
    case Buffer.prototype:
    case Uint8Array.prototype: {
      // Inside JSON a Buffer and a Uint8Array are written in different ways, and neither as bytes.
      if (inJson || (value as Uint8Array).byteLength > maxHashedLength) return undefined;
      const { buffer, byteOffset, byteLength } = value as Uint8Array;
      return `b${byteLength}:${Buffer.from(buffer, byteOffset, byteLength).toString("latin1")}`;
    }
    case Object.prototype:
    case null:
      return json(value, depth);
    default:
      return undefined;
  }
}

function json(value: object, depth: number): string | undefined {
  const names = Object.keys(value);
  const items: unknown[] = [];
  for (const name of names) {
    const property = Object.getOwnPropertyDescriptor(value, name)!;
    if (property.get !== undefined) return undefined;
    items.push(name, property.value);
  }
  const key = list(items, depth, true);
  return key && `{${key}`;
}
