// AssemblyScript: compiled to WebAssembly by scripts/build-kernels.ts, never by tsc.
// The formula stands in src/kernels/plain-byte-hash.ts; the keys, at these addresses of the memory.
const tailKeys: usize = 256;
const multiplier: usize = 288;
const lengthKey: usize = 296;

/** The state after so many bytes, a multiple of 256. */
export function blocksOf(state: u64, at: usize, length: usize): u64 {
  const factor = load<u64>(multiplier);
  let result = state;
  for (const end = at + length; at < end; at += 256) result = result * factor + stripes(at, 256);
  return result;
}

/**
 * Takes in the last `length` bytes and writes the two lanes.
 * @param total bytes of the whole input, modulo 2³²
 * @param lanes room for the low one; the high one comes `apart` bytes behind
 */
export function finished(state: u64, at: usize, length: usize, total: u32, lanes: usize, apart: usize): void {
  const blocks = length & ~255;
  const whole = length & ~31;
  const sum =
    blocksOf(state, at, blocks) * load<u64>(multiplier) +
    stripes(at + blocks, whole - blocks) +
    tail(at + whole, length - whole);
  let low = <u32>sum + (total + 1) * load<u32>(lengthKey);
  let high = <u32>(sum >> 32);
  high ^= mixed(low, 0x2c1b3c6d);
  low ^= mixed(high, 0x297a2d39);
  high ^= mixed(low, 0x7feb352d);
  store<u32>(lanes, low);
  store<u32>(lanes + apart, high);
}

/** Σ (word i + key i) · (word i+4 + key i+4) modulo 2⁶⁴ over stripes of 32 bytes. */
function stripes(at: usize, length: usize): u64 {
  let sums = i64x2.splat(0);
  let others = i64x2.splat(0);
  for (let i: usize = 0; i < length; i += 32) {
    const a = i32x4.add(v128.load(at + i), v128.load(i));
    const b = i32x4.add(v128.load(at + i, 16), v128.load(i, 16));
    sums = i64x2.add(sums, i64x2.extmul_low_i32x4_u(a, b));
    others = i64x2.add(others, i64x2.extmul_high_i32x4_u(a, b));
  }
  sums = i64x2.add(sums, others);
  return i64x2.extract_lane(sums, 0) + i64x2.extract_lane(sums, 1);
}

/** Σ (word i + key i) · (word i+1 + key i+1) over what is left, fewer than 32 bytes, filled up with zeros. */
function tail(at: usize, length: usize): u64 {
  let sum: u64 = 0;
  for (let i: usize = 0; i < length; i += 8) {
    let words = load<u64>(at + i);
    // What lies behind the end belongs to another input.
    if (length - i < 8) words &= ((<u64>1) << (8 * (length - i))) - 1;
    const a = <u32>words + load<u32>(tailKeys + i);
    const b = <u32>(words >> 32) + load<u32>(tailKeys + i, 4);
    sum += <u64>a * <u64>b;
  }
  return sum;
}

export function mixed(value: u32, factor: u32): u32 {
  const product = (value ^ (value >> 16)) * factor;
  return product ^ (product >> 15);
}
