import { hashInteger, hashString, maxUnits } from "./key-hash.ts";

const identities = new WeakMap<WeakKey, number>();
let lastIdentity = 0;
const bits = new Float64Array(1);
const halves = new BigInt64Array(bits.buffer);

/**
 * A hash, the same for equal keys (as `Map` compares them), of any key at all; for a policy that counts how often
 * keys are asked for. Objects and symbols get one by their identity, long strings by their end.
 * @returns 32 bits, signed
 */
export function hashOther(key: unknown): number {
  switch (typeof key) {
    case "string":
      return hashString(key, maxUnits);
    case "number":
      bits[0] = key;
      return hashInteger(Number(BigInt.asIntN(53, halves[0]! ^ (halves[0]! >> 40n))));
    case "bigint":
      return hashInteger(Number(BigInt.asIntN(53, key)));
    case "symbol":
      return Symbol.keyFor(key) === undefined ? identityOf(key) : hashOther(Symbol.keyFor(key));
    case "object":
    case "function":
      return key === null ? 1 : identityOf(key);
    default:
      return hashString(String(key), maxUnits);
  }
}

function identityOf(key: WeakKey): number {
  let identity = identities.get(key);
  if (identity === undefined) {
    identity = hashInteger(++lastIdentity);
    identities.set(key, identity);
  }
  return identity;
}
