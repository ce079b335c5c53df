import { inspect } from "node:util";
import type { EndedSpan } from "./held-spans.ts";

/** What OpenTelemetry takes as an attribute, of what we give. */
export type SpanAttribute = string | number | boolean | (string | number | boolean)[];

/** Characters of a value that had to be written out. */
const maxWritten = 1000;

/**
 * A span's category, thread and metadata as attributes. Numbers, strings, booleans and arrays of one of them stay what
 * they are; `undefined` and `null` are left out; all else is written out, at most 1,000 characters of it.
 */
export function spanAttributes(span: EndedSpan): Record<string, SpanAttribute> {
  const attributes: Record<string, SpanAttribute> = {
    "victor.profiler.category": span.category,
    "thread.id": span.threadId,
  };
  for (const [key, value] of Object.entries(span.metadata ?? {}))
    if (value !== undefined && value !== null) attributes[key] = attribute(value);
  return attributes;
}

function attribute(value: unknown): SpanAttribute {
  if (isPlain(value)) return value;
  if (Array.isArray(value) && value.every((one) => isPlain(one) && typeof one === typeof value[0]))
    return [...value];
  if (typeof value === "bigint") return String(value);
  return inspect(value, { depth: 2, breakLength: Number.POSITIVE_INFINITY }).slice(0, maxWritten);
}

const isPlain = (value: unknown): value is string | number | boolean =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean";
