import type { PrimaryKey } from "./catalogue.ts";

type CanonicalKey = (value: unknown) => string | undefined;

const integerText = /^(?:0|-?[1-9]\d*)$/;
const uuidText = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function integerKey(value: unknown): string | undefined {
  // −0 prints as 0, as the driver sends it.
  if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : undefined;
  if (typeof value === "bigint") return String(value);
  return typeof value === "string" && integerText.test(value) ? value : undefined;
}

function uuidKey(value: unknown): string | undefined {
  return typeof value === "string" && uuidText.test(value) ? value.toLowerCase() : undefined;
}

function textKey(value: unknown): string | undefined {
  // A lone surrogate is sent as U+FFFD, and so would meet the key that holds just that.
  return typeof value === "string" && value.isWellFormed() ? value : undefined;
}

/** Too long an insert loses its trailing spaces silently. */
function varcharKey(value: unknown): string | undefined {
  return typeof value === "string" && value.endsWith(" ") ? undefined : textKey(value);
}

/** By type oid: the function, and the names of types to which a placeholder may be cast without changing the key. */
const byType: ReadonlyMap<number, readonly [CanonicalKey, readonly string[]]> = new Map([
  [21, [integerKey, ["int2", "int4", "int8"]]],
  [23, [integerKey, ["int2", "int4", "int8"]]],
  [20, [integerKey, ["int2", "int4", "int8"]]],
  [25, [textKey, ["text"]]],
  [1043, [varcharKey, ["text", "varchar"]]],
  [2950, [uuidKey, ["uuid"]]],
]);

/** @returns how values of this key are told apart, or `undefined` when equal keys may look different */
export function canonicalKey(
  key: PrimaryKey,
): { readonly canonical: CanonicalKey; readonly casts: readonly string[] } | undefined {
  const known = byType.get(key.type);
  if (known === undefined || !key.deterministic) return undefined;
  return { canonical: known[0], casts: known[1] };
}
