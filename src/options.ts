/** The one place that checks options: every message says what was expected and what came. */

const show = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  return typeof value === "bigint" ? `${value}n` : String(value);
};

/** @throws {RangeError} with `name: expected …, got …` */
export function reject(name: string, expected: string, value: unknown): never {
  throw new RangeError(`${name}: expected ${expected}, got ${show(value)}`);
}

/** @throws {TypeError} with `name: expected …, got …` */
export function rejectType(name: string, expected: string, value: unknown): never {
  throw new TypeError(`${name}: expected ${expected}, got ${show(value)}`);
}

/** @throws {TypeError} when `value` is no function */
export function callable(name: string, value: unknown): void {
  if (typeof value !== "function") rejectType(name, "a function", value);
}

/** @throws {TypeError} when there is a `signal` that is no AbortSignal */
export function abortSignal(signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal))
    rejectType("signal", "an AbortSignal", signal);
}

/** The smallest number above 0 as bound means "more than 0"; written out, it would tell nobody. */
const range = (min: number, max: number): string => {
  const isOpen = max === Number.MAX_SAFE_INTEGER || max === Number.POSITIVE_INFINITY;
  if (min === Number.MIN_VALUE) return isOpen ? "> 0" : `above 0, up to ${max}`;
  return isOpen ? `≥ ${min}` : `from ${min} to ${max}`;
};

/** @returns `value` when it is an integer in [min, max] */
export function integer(name: string, value: unknown, min: number, max = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max)
    return value as number;
  return reject(name, `an integer ${range(min, max)}`, value);
}

/** @returns `value` when it is a finite number in [min, max] */
export function finite(name: string, value: unknown, min: number, max = Number.POSITIVE_INFINITY): number {
  if (typeof value === "number" && Number.isFinite(value) && value >= min && value <= max) return value;
  return reject(name, `a finite number ${range(min, max)}`, value);
}

/** @returns `value` when it is a number of milliseconds in [min, ∞]; `Infinity` means "never" */
export function durationMs(name: string, value: unknown, min = 0): number {
  if (typeof value === "number" && value >= min) return value;
  return reject(name, `milliseconds ${range(min, Number.POSITIVE_INFINITY)}`, value);
}

/** @returns `value` when it is one of `choices` */
export function oneOf<const T extends readonly unknown[]>(
  name: string,
  value: unknown,
  choices: T,
): T[number] {
  if (choices.includes(value)) return value as T[number];
  return reject(name, `one of ${choices.map(show).join(", ")}`, value);
}

/** @throws {TypeError} when `options` is no object */
export function optionsObject(where: string, options: unknown): asserts options is object {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    rejectType(where, "an object of options", options);
}

/** @throws {TypeError} when `options` is no object or has a key that is not in `known` */
export function knownKeys(where: string, options: unknown, known: readonly string[]): void {
  optionsObject(where, options);
  for (const key of Object.keys(options))
    if (!known.includes(key))
      throw new TypeError(`${where}: unknown option ${show(key)}; known are ${known.join(", ")}`);
}
