/** Does `await` wait for it? A promise of any kind, or what has a `then`, be it a function itself. */
export const isThenable = <T>(value: T | PromiseLike<T>): value is PromiseLike<T> =>
  ((typeof value === "object" && value !== null) || typeof value === "function") &&
  typeof (value as PromiseLike<T>).then === "function";
