/** What can be gone through, with or without waiting. */
export type Input<I> = Iterable<I> | AsyncIterable<I>;

/** @returns whether it is gone through asynchronously; @throws {TypeError} when it can't be gone through at all */
export function isAsyncInput<I>(where: string, input: Input<I>): input is AsyncIterable<I> {
  const candidate = input as Partial<Iterable<I> & AsyncIterable<I>> | undefined | null;
  if (typeof candidate?.[Symbol.asyncIterator] === "function") return true;
  if (typeof candidate?.[Symbol.iterator] === "function") return false;
  throw new TypeError(`${where}: expected something to iterate over`);
}

/** @returns how many there are; `undefined` when nobody knows */
export function totalOf(input: Input<unknown>): number | undefined {
  if (Array.isArray(input)) return input.length;
  return input instanceof Set || input instanceof Map ? input.size : undefined;
}
