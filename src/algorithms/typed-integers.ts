/** Arrays whose elements are numbers. */
export type Numbers =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** Numbers that `asIntegers` takes at a time. */
export const partNumbers = 2048;

const scratch = new Int32Array(partNumbers);

export function isNumbers(items: unknown): items is Numbers {
  return (
    ArrayBuffer.isView(items) &&
    !(items instanceof DataView || items instanceof BigInt64Array || items instanceof BigUint64Array)
  );
}

/**
 * @param numbers at most `partNumbers`
 * @returns the same as signed integers of 32 bits, good until the next call; `undefined` when one isn't
 */
export function asIntegers(numbers: Numbers): Int32Array | undefined {
  if (numbers instanceof Int32Array) return numbers;
  const { length } = numbers;
  for (let i = 0; i < length; i++) {
    const number = numbers[i]!;
    const integer = number | 0;
    if (integer !== number) return undefined;
    scratch[i] = integer;
  }
  return scratch.subarray(0, length);
}
