/** Largest magnitude of a quantized number; −128 is left out, so that signs are symmetric. */
const most = 127;

/**
 * A vector as int8, scaled so that its largest number becomes ±127.
 * @returns all zeros for a vector of zeros
 */
export function quantized(vector: Float32Array): Int8Array {
  let largest = 0;
  for (const value of vector) largest = Math.max(largest, Math.abs(value));
  const out = new Int8Array(vector.length);
  if (largest === 0) return out;
  const scale = most / largest;
  for (let i = 0; i < vector.length; i++) out[i] = Math.round(vector[i]! * scale);
  return out;
}

/** Euclidean length of a quantized vector. */
export function lengthOf(vector: Int8Array): number {
  let sum = 0;
  for (const value of vector) sum += value * value;
  return Math.sqrt(sum);
}
