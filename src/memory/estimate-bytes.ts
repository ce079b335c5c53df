import { types } from "node:util";
import { isStringOneByteRepresentation } from "node:v8";
import { integer, knownKeys } from "../options.ts";

export interface EstimateOptions {
  /** Objects looked at, at most; what lies beyond them is not counted. ≥ 1; more than 16,777,215 are not. @default 1,000,000 */
  readonly maxObjects?: number | undefined;
}

/** Of V8 on 64 bits without pointer compression, which is how Node is built. */
const wordBytes = 8;
/** Map, properties, elements. */
const objectBytes = 24;
/** Map and length. */
const arrayHeaderBytes = 16;
/** An object with more own properties keeps them in a hash table, as does one without a prototype. */
const mostFastProperties = 128;
/** V8 has one string of each such text that stands in code, in JSON or as a key. */
const mostSharedUnits = 10;
/** Frames that an error has caught. */
const stackBytes = 280;
const arrayIndex = /^(?:0|[1-9]\d{0,8})$/;
const defaultMaxObjects = 1_000_000;
/** A `Set` has no room for more. */
const mostObjects = 2 ** 24 - 1;
/** Short texts that are remembered, so that each counts once. */
const mostTexts = 1_000_000;
/** An array at least so long, of which so many places are empty, is a hash table to V8. */
const leastSparse = 1024;
const sparseShare = 7 / 8;

/** What V8 itself keeps: a class may have a getter of the same name. */
const getterOf = <T>(prototype: object, name: string): ((object: object) => T) => {
  const get = Object.getOwnPropertyDescriptor(prototype, name)?.get as () => T;
  return (object) => Reflect.apply(get, object, []);
};
const mapSize = getterOf<number>(Map.prototype, "size");
const setSize = getterOf<number>(Set.prototype, "size");
const bufferBytes = getterOf<number>(ArrayBuffer.prototype, "byteLength");
const sharedBufferBytes = getterOf<number>(SharedArrayBuffer.prototype, "byteLength");
const bufferOfView = getterOf<ArrayBufferLike>(DataView.prototype, "buffer");
const typedArray: object = Object.getPrototypeOf(Uint8Array.prototype);
const bufferOfArray = getterOf<ArrayBufferLike>(typedArray, "buffer");
const bytesOfArray = getterOf<number>(typedArray, "byteLength");

/**
 * Memory that a value and all that it refers to take, estimated by the sizes that V8 gives objects; each object counts once.
 * For weighing entries of a cache: `weigh: (key, value) => estimateBytes(key) + estimateBytes(value)`. Data from JSON,
 * literals and classes is met to some 10 %. Arrays, objects and sets that grew piece by piece have room to spare, up to twice as much
 * again, and joined strings are trees: neither is seen. What else can't be seen counts as an
 * empty object: closures, private fields, what a Proxy, a WeakMap or a Promise holds. No getter and no proxy's trap is run.
 * @returns bytes, 0 for what needs no memory of its own: small integers, booleans, `null`, `undefined`
 * @throws {TypeError | RangeError} on a wrong option
 */
export function estimateBytes(value: unknown, options: EstimateOptions = {}): number {
  knownKeys("estimateBytes", options, ["maxObjects"]);
  const maxObjects = integer("maxObjects", options.maxObjects ?? defaultMaxObjects, 1);
  return new Estimate(Math.min(maxObjects, mostObjects)).of(value);
}

class Estimate {
  readonly #seen = new Set<object>();
  readonly #texts = new Set<string>();
  readonly #pending: object[] = [];
  readonly #maxObjects: number;
  #bytes = 0;

  constructor(maxObjects: number) {
    this.#maxObjects = maxObjects;
  }

  of(value: unknown): number {
    this.#add(value);
    for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop())
      this.#addObject(next);
    return this.#bytes;
  }

  #add(value: unknown): void {
    if (typeof value === "string") this.#bytes += this.#stringBytes(value);
    else if (typeof value === "number") this.#bytes += (value | 0) === value ? 0 : 2 * wordBytes;
    else if (typeof value === "bigint") this.#bytes += bigIntBytes(value);
    else if (typeof value === "symbol") this.#bytes += 3 * wordBytes;
    else if (value !== null && (typeof value === "object" || typeof value === "function")) {
      if (this.#seen.size >= this.#maxObjects || this.#seen.has(value)) return;
      this.#seen.add(value);
      this.#pending.push(value);
    }
  }

  #stringBytes(text: string): number {
    if (text.length <= 1) return 0;
    if (text.length <= mostSharedUnits) {
      if (this.#texts.has(text)) return 0;
      if (this.#texts.size < mostTexts) this.#texts.add(text);
    }
    return stringBytes(text);
  }

  #addObject(object: object): void {
    if (types.isProxy(object)) this.#bytes += objectBytes + wordBytes;
    else if (Array.isArray(object)) this.#addArray(object);
    else if (ArrayBuffer.isView(object)) this.#addView(object);
    else if (types.isArrayBuffer(object)) this.#bytes += 12 * wordBytes + bufferBytes(object);
    else if (types.isSharedArrayBuffer(object)) this.#bytes += 12 * wordBytes + sharedBufferBytes(object);
    else if (types.isStringObject(object)) {
      // Its keys are the places of its characters.
      this.#bytes += objectBytes + wordBytes;
      this.#add(String.prototype.valueOf.call(object));
    } else {
      if (types.isMap(object)) this.#addTable(mapSize(object), 3, Map.prototype.entries.call(object));
      else if (types.isSet(object)) this.#addTable(setSize(object), 2, Set.prototype.values.call(object));
      else if (types.isDate(object)) this.#bytes += 9 * wordBytes;
      else if (types.isNativeError(object)) this.#bytes += stackBytes;
      else if (types.isRegExp(object)) this.#bytes += 14 * wordBytes;
      else if (types.isPromise(object)) this.#bytes += 3 * wordBytes;
      else if (typeof object === "function") this.#bytes += 5 * wordBytes;
      this.#addProperties(object);
    }
  }

  #addArray(array: readonly unknown[]): void {
    this.#bytes += objectBytes + wordBytes;
    if (array.length === 0) return;
    let boxes = 0;
    let empty = 0;
    let hasOthers = false;
    for (let i = 0; i < array.length; i++) {
      // Looked at again at each doubling, so that what is walked in vain is bounded by what is there.
      if (i >= leastSparse && (i & (i - 1)) === 0 && empty > sparseShare * i) {
        this.#addSparse(array);
        return;
      }
      const item = dataOf(array, i);
      if (item === undefined && !Object.hasOwn(array, i)) {
        empty++;
        hasOthers = true;
      } else if (typeof item !== "number") {
        hasOthers = true;
        this.#add(item);
      } else if ((item | 0) !== item) boxes += 2 * wordBytes;
    }
    this.#bytes += arrayHeaderBytes + array.length * wordBytes;
    // Numbers alone lie unboxed in the array.
    if (hasOthers) this.#bytes += boxes;
  }

  #addSparse(array: readonly unknown[]): void {
    const keys = Reflect.ownKeys(array);
    this.#bytes += tableBytes(keys.length);
    for (const key of keys) this.#add(dataOf(array, key));
  }

  #addView(view: ArrayBufferView): void {
    this.#bytes += 13 * wordBytes;
    if (types.isDataView(view)) {
      this.#add(bufferOfView(view));
      return;
    }
    const buffer = bufferOfArray(view);
    const bytes = bytesOfArray(view);
    const isBuffer = Object.getPrototypeOf(view) === Buffer.prototype;
    // Small Buffers share a slab with strangers.
    if (
      isBuffer &&
      types.isArrayBuffer(buffer) &&
      bufferBytes(buffer) === Buffer.poolSize &&
      bytes < Buffer.poolSize / 2
    )
      this.#bytes += bytes;
    else this.#add(buffer);
  }

  /** @param words of one entry, the next one of its chain included */
  #addTable(size: number, words: number, content: Iterable<unknown>): void {
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(4, size)));
    this.#bytes += wordBytes + arrayHeaderBytes + 3 * wordBytes + capacity * (words + 0.5) * wordBytes;
    for (const item of content)
      if (Array.isArray(item) && words === 3) {
        this.#add(item[0]);
        this.#add(item[1]);
      } else this.#add(item);
  }

  #addProperties(object: object): void {
    const keys = Reflect.ownKeys(object);
    let indices = 0;
    for (const key of keys) if (typeof key === "string" && arrayIndex.test(key)) indices++;
    const named = keys.length - indices;
    const isTable = named > mostFastProperties || Object.getPrototypeOf(object) === null;
    this.#bytes += objectBytes + (isTable ? tableBytes(named) : named * wordBytes);
    if (indices > 0) this.#bytes += arrayHeaderBytes + (indices * 1.5 + 16) * wordBytes;
    const contentOf = isTable && types.isModuleNamespaceObject(object) ? exportOf : dataOf;
    for (const key of keys) {
      // Keys of ordinary objects belong to their class, and are shared.
      if (isTable && typeof key === "string") this.#add(key);
      this.#add(contentOf(object, key));
    }
  }
}

/** Three words for each of a power of two of places, a third of them free at least. */
const tableBytes = (properties: number): number =>
  8 * wordBytes + 2 ** Math.ceil(Math.log2(Math.max(4, properties * 1.5))) * 3 * wordBytes;

/** What lies in a property; `undefined` for an accessor. */
const dataOf = (object: object, key: PropertyKey): unknown =>
  Object.getOwnPropertyDescriptor(object, key)?.value;

/** The same of what a module exports. */
function exportOf(namespace: object, key: PropertyKey): unknown {
  try {
    return dataOf(namespace, key);
  } catch {
    // V8 throws for a binding that the module hasn't come to: nothing is there yet.
    return undefined;
  }
}

function stringBytes(text: string): number {
  const bytes = isStringOneByteRepresentation(text) ? text.length : 2 * text.length;
  return 2 * wordBytes + Math.ceil(bytes / wordBytes) * wordBytes;
}

function bigIntBytes(value: bigint): number {
  const digits = (value < 0n ? -value : value).toString(16).length;
  return 2 * wordBytes + Math.ceil(digits / 16) * wordBytes;
}
