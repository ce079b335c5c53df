/** Header fields by name in lower case; a field that came several times is an array. Has no prototype. */
export type HeaderFields = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Header fields as they come from the network, and as they are handed out. */
export type IncomingFields = Record<string, string | string[] | undefined>;

/** Fields of one connection. @see https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const connectionFields = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
]);

/** Without these a stored response couldn't be judged, so `Connection: cache-control` doesn't take them away. */
const neededFields = new Set(["cache-control", "vary", "etag", "date", "expires", "set-cookie"]);

/** @returns the fields by names in lower case, safe from names such as `__proto__` */
export function lowerCased(fields: Readonly<Record<string, unknown>> | null | undefined): HeaderFields {
  const lower: Record<string, string | readonly string[] | undefined> = Object.create(null);
  if (fields === null || fields === undefined) return lower;
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value === undefined || value === null) continue;
    const key = name.toLowerCase();
    const former = lower[key];
    const text = Array.isArray(value) ? value.map(String) : String(value);
    lower[key] = former === undefined ? text : [former, text].flat();
  }
  return lower;
}

/** @returns a field's value, several lines joined as RFC 9110, 5.3 has it */
export function fieldValue(fields: HeaderFields, name: string): string | undefined {
  const value = fields[name];
  return value === undefined || typeof value === "string" ? value : value.join(", ");
}

/** @returns the only line of a field of one value, or of several that are alike; `undefined` when there is none */
export function singleValue(fields: HeaderFields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || typeof value === "string") return value?.trim();
  const first = value[0]?.trim();
  return value.every((line) => line.trim() === first) ? first : value.join(", ");
}

/** @returns members of a comma-separated list of tokens, trimmed, empty ones left out */
export function tokens(value: string | undefined): readonly string[] {
  if (value === undefined) return [];
  const members: string[] = [];
  for (const part of value.split(",")) {
    const member = part.trim();
    if (member !== "") members.push(member);
  }
  return members;
}

/**
 * @param alsoWithout names in lower case
 * @returns what a cache may keep of a response's fields: not those of the connection, nor what it nominates, nor `Age`,
 * which is counted anew
 * @see https://www.rfc-editor.org/rfc/rfc9111#section-3.1
 */
export function storableFields(fields: HeaderFields, alsoWithout: readonly string[]): HeaderFields {
  const nominated = new Set<string>();
  for (const name of tokens(fieldValue(fields, "connection")))
    if (!neededFields.has(name.toLowerCase())) nominated.add(name.toLowerCase());
  for (const name of alsoWithout) if (name !== "cache-control" && name !== "vary") nominated.add(name);
  const kept: Record<string, string | readonly string[] | undefined> = Object.create(null);
  for (const name of Object.keys(fields))
    if (!connectionFields.has(name) && !nominated.has(name) && name !== "age") kept[name] = fields[name];
  return kept;
}

/** @returns a fresh object, which whoever gets it may change */
export function handedOut(fields: HeaderFields): IncomingFields {
  const copy: IncomingFields = {};
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    const own = typeof value === "object" ? [...value] : value;
    if (name === "__proto__")
      Object.defineProperty(copy, name, { value: own, enumerable: true, writable: true, configurable: true });
    else copy[name] = own as string | string[];
  }
  return copy;
}

/** @returns about how many bytes the fields take in memory */
export function fieldsWeight(fields: HeaderFields): number {
  let weight = 64;
  for (const name of Object.keys(fields)) {
    const value = fields[name]!;
    weight += 32 + name.length;
    if (typeof value === "string") weight += value.length;
    else for (const line of value) weight += 16 + line.length;
  }
  return weight;
}
