/** What is known of a value once it was looked through. */
export interface SealedValue {
  /**
   * Nobody can change it, so that it may be shared. Otherwise it holds what can't be frozen (a Map, a Date, bytes, an instance
   * of some class), and everybody needs a copy.
   */
  readonly isFrozen: boolean;
  /**
   * Estimate of the memory that it takes, in bytes: 48 an object, 16 an array, 8 a property, strings by their length.
   * Only of a frozen one.
   */
  readonly sizeBytes: number;
}

/** Nesting beyond which a value counts as one that can't be frozen; a cycle does, too. */
const maxDepth = 64;

const unfrozen: SealedValue = Object.freeze({ isFrozen: false, sizeBytes: 0 });

/** From this size on it is noted what was seen: of parts that are shared at each level there would be 2ⁿ ways through n. */
const unnotedBytes = 2 ** 18;

// One value at a time, and none of it waits: a shared counter spares an object per value.
let sizeBytes = 0;
let seen: Set<object> | undefined;
let freezesAtOnce = false;

/** Freezes a value in place, with all that it holds, if all of it are plain objects, arrays and primitives. */
export function sealValue(value: unknown): SealedValue {
  sizeBytes = 0;
  try {
    // Looked through first, so that a value is frozen wholly or not at all.
    if (!isFreezable(value, 0)) return unfrozen;
    seen?.clear();
    freeze(value);
    return { isFrozen: true, sizeBytes };
  } finally {
    seen = undefined;
  }
}

/**
 * As `sealValue`, in one pass, for a value that nobody else holds, and that is thrown away when it can't be frozen: parts of it
 * may be frozen then.
 */
export function sealOwnValue(value: unknown): SealedValue {
  sizeBytes = 0;
  freezesAtOnce = true;
  try {
    return isFreezable(value, 0) ? { isFrozen: true, sizeBytes } : unfrozen;
  } finally {
    freezesAtOnce = false;
    seen = undefined;
  }
}

function isFreezable(value: unknown, depth: number): boolean {
  sizeBytes += 8;
  if (typeof value === "string") sizeBytes += value.length;
  if (typeof value !== "object" || value === null)
    return typeof value !== "function" && typeof value !== "symbol";
  if (depth > maxDepth) return false;
  if (seen?.has(value)) return true;
  if (!isFreezableInside(value, depth)) return false;
  if (freezesAtOnce) Object.freeze(value);
  // Only now: what leads back to itself has to run into the bound of the depth.
  if (sizeBytes > unnotedBytes) {
    seen ??= new Set();
    seen.add(value);
  }
  return true;
}

function isFreezableInside(value: object, depth: number): boolean {
  if (Array.isArray(value)) {
    sizeBytes += 16;
    for (let i = 0; i < value.length; i++) {
      // A few bytes make an array that says it has 2³² elements: the first that isn't there ends the walk.
      if (value[i] === undefined && !Object.hasOwn(value, i)) return false;
      if (!isFreezable(value[i], depth + 1)) return false;
    }
    // What else it has, as what a regular expression found has its groups, comes behind all elements.
    const names = Object.keys(value);
    for (let i = value.length; i < names.length; i++)
      if (!isFreezable(Reflect.get(value, names[i]!), depth + 1)) return false;
    return true;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  sizeBytes += 48;
  for (const name of Object.keys(value))
    if (!isFreezable((value as Record<string, unknown>)[name], depth + 1)) return false;
  return true;
}

function freeze(value: unknown): void {
  if (typeof value !== "object" || value === null || seen?.has(value)) return;
  seen?.add(value);
  Object.freeze(value);
  for (const name of Object.keys(value)) freeze((value as Record<string, unknown>)[name]);
}
