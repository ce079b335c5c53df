import type { Dispatcher } from "undici";

type Headers = Dispatcher.DispatchOptions["headers"];
type Value = string | string[] | number | undefined;

/** Header lines of whatever form undici takes them in: a flat array, pairs, an object, a `Headers`. */
export function* headerLines(headers: Headers): Iterable<[name: string, value: Value]> {
  if (headers === undefined || headers === null) return;
  if (Array.isArray(headers)) {
    if (Array.isArray(headers[0])) yield* headers as unknown as [string, Value][];
    else for (let i = 0; i + 1 < headers.length; i += 2) yield [String(headers[i]), headers[i + 1]];
  } else if (Symbol.iterator in headers) yield* headers as Iterable<[string, Value]>;
  else yield* Object.entries(headers);
}

/** @returns the header's value, its lines joined; `undefined` when it isn't there */
export function headerOf(headers: Headers, name: string): string | undefined {
  let found: string | undefined;
  for (const [key, value] of headerLines(headers))
    if (value !== undefined && value !== null && key.toLowerCase() === name)
      found = found === undefined ? String(value) : `${found}, ${value}`;
  return found;
}

/** @returns the headers of a body that is now encoded */
export function encodedHeaders(headers: Headers, coding: string): Record<string, string | string[]> {
  const lines: Record<string, string | string[]> = {};
  for (const [key, value] of headerLines(headers)) {
    if (value === undefined || value === null || key.toLowerCase() === "content-length") continue;
    const before = lines[key];
    const own = typeof value === "number" ? String(value) : value;
    lines[key] = before === undefined ? own : [before, own].flat();
  }
  lines["content-encoding"] = coding;
  return lines;
}
