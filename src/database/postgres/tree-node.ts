import type { Node } from "./parser.ts";

export const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** @returns the type and the fields of a wrapped node (`{ Type: fields }`), or `undefined` for any other value */
export function unwrap(value: unknown): readonly [type: string, fields: Node] | undefined {
  if (!isNode(value)) return undefined;
  for (const key in value) {
    const first = key.charCodeAt(0);
    const fields = value[key];
    // Types begin with a capital letter, fields never do.
    return first >= 65 && first <= 90 && isNode(fields) ? [key, fields] : undefined;
  }
  return undefined;
}

/** @returns the fields of `value` when it is a wrapped node of that type */
export function as(type: string, value: unknown): Node | undefined {
  const wrapped = isNode(value) ? value[type] : undefined;
  return isNode(wrapped) ? wrapped : undefined;
}

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** @returns the strings of a list of `String` nodes; other nodes (a `*`, a subscript) are left out */
export function strings(value: unknown): string[] {
  const out: string[] = [];
  for (const item of list(value)) {
    const sval = as("String", item)?.sval;
    if (typeof sval === "string") out.push(sval);
  }
  return out;
}
