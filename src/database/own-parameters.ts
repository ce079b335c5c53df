/**
 * A copy that the caller can no longer change, for what waits before it is sent: by then a reused array or buffer would
 * hold the next call's values, and the result would stand in the cache under the wrong key.
 * Dates, bytes, arrays and plain objects are copied; instances of other classes are taken as they are.
 */
export function ownParameters(params: readonly unknown[]): unknown[] {
  const own = params.slice();
  for (let i = 0; i < own.length; i++) {
    const value = own[i];
    if (typeof value === "object" && value !== null) own[i] = copy(value);
  }
  return own;
}

function copy(value: object): unknown {
  if (Array.isArray(value)) return ownParameters(value);
  if (Buffer.isBuffer(value)) return Buffer.from(value);
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Uint8Array.prototype) return (value as Uint8Array).slice();
  if (prototype === Date.prototype) return new Date((value as Date).getTime());
  if (prototype !== Object.prototype && prototype !== null) return value;
  const [values, names] = [ownParameters(Object.values(value)), Object.keys(value)];
  return Object.fromEntries(names.map((name, i) => [name, values[i]]));
}
