import { rejectType } from "../options.ts";

const notLegacy =
  "memoize: expected a standard (TC39) decorator's context, got a legacy decorator's arguments; switch `experimentalDecorators` off";

/** @throws {TypeError} when `memoize` was called as it isn't meant to be, saying how it is */
export function checkMemoizeCall(given: readonly unknown[]): void {
  const [first, second] = given;
  if (isName(second) && (given.length > 2 || typeof first !== "function"))
    throw new TypeError(`${notLegacy}, and write @memoize() with parentheses`);
  if (isContext(second))
    throw new TypeError("memoize: expected @memoize() with parentheses, got @memoize without");
  if (typeof first === "function" || given.length === 0) return;
  if (second !== undefined) rejectType("memoize", "the function first, as in memoize(fn, options)", first);
  if (first === undefined) rejectType("memoize", "a function, or options, or nothing at all", first);
}

/** @throws {TypeError} when what `memoize` gave is called as no standard decorator of a method or getter */
export function checkDecoration([method, context]: readonly unknown[]): void {
  if (isName(context)) throw new TypeError(notLegacy);
  if (context === undefined && typeof method === "function")
    throw new TypeError(
      "memoize: got a function called without a decorator context; to wrap a function, write memoize(fn, options)",
    );
  const kind = (context as { kind?: unknown } | null | undefined)?.kind;
  if (kind !== "method" && kind !== "getter")
    throw new TypeError(`memoize: expected a method or getter to decorate, got a ${String(kind)}`);
}

/** @throws {TypeError} when it is nothing that can have methods */
export function checkInstance(instance: unknown): asserts instance is object {
  if ((typeof instance !== "object" || instance === null) && typeof instance !== "function")
    rejectType("instance", "an object", instance);
}

/** Legacy decorators get a member's name second. */
const isName = (value: unknown): boolean => typeof value === "string" || typeof value === "symbol";

const isContext = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "kind" in value && "addInitializer" in value;
