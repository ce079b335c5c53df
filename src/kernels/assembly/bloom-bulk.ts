// AssemblyScript: compiled to WebAssembly by scripts/build-kernels.ts, never by tsc.
// The formulas stand in src/algorithms/filter-hash.ts and filter-blocks.ts. Addresses, as in src/kernels/kernel-bloom.ts:
import { finished, mixed } from "./byte-sums";

/** Four keys of units, two of the kind "integer", two of the kind "bytes". */
const unitKeys: usize = 320;
const integerKeys: usize = 336;
const bytesKeys: usize = 344;
const input: usize = 1024;
const ends: usize = 18_432;
const lows: usize = 26_624;
const highs: usize = 34_816;
const found: usize = 43_008;
const words: usize = 45_056;

/** Lanes of `count` signed integers of 32 bits, four at a time; up to three behind them count for nothing. */
export function hashIntegers(count: usize): void {
  const k0 = v128.load32_splat(unitKeys);
  const k1 = v128.load32_splat(unitKeys, 4);
  const k2 = v128.load32_splat(unitKeys, 8);
  const k3 = v128.load32_splat(unitKeys, 12);
  const kindLow = v128.load32_splat(integerKeys);
  const kindHigh = v128.load32_splat(integerKeys, 4);
  for (let i: usize = 0; i < 4 * count; i += 16) {
    const value = v128.load(input + i);
    const a = v128.and(value, i32x4.splat(0xffff));
    const b = i32x4.shr_u(value, 16);
    let low = i32x4.add(kindLow, i32x4.mul(i32x4.add(a, k0), i32x4.add(b, k1)));
    let high = i32x4.add(kindHigh, i32x4.mul(i32x4.add(a, k2), i32x4.add(b, k3)));
    high = v128.xor(high, mixedLanes(low, 0x2c1b3c6d));
    low = v128.xor(low, mixedLanes(high, 0x297a2d39));
    v128.store(lows + i, low);
    v128.store(highs + i, high);
  }
}

function mixedLanes(value: v128, factor: i32): v128 {
  const product = i32x4.mul(v128.xor(value, i32x4.shr_u(value, 16)), i32x4.splat(factor));
  return v128.xor(product, i32x4.shr_u(product, 15));
}

/**
 * Lanes of `count` inputs that lie one behind the other.
 * @param base what to subtract from their ends, and where the first begins
 */
export function hashBytes(count: usize, base: usize): void {
  let start = base;
  for (let i: usize = 0; i < 4 * count; i += 4) {
    const end: usize = load<u32>(ends + i);
    finished(0, input + start - base, end - start, <u32>(end - start), lows + i, highs - lows);
    start = end;
    let low = load<u32>(lows + i) + load<u32>(bytesKeys);
    const high = (load<u32>(highs + i) + load<u32>(bytesKeys, 4)) ^ mixed(low, 0x2c1b3c6d);
    low ^= mixed(high, 0x297a2d39);
    store<u32>(lows + i, low);
    store<u32>(highs + i, high);
  }
}

/** In floating point as the twin does it: beyond 2²¹ blocks the product is rounded. */
function blockOf(low: u32, blocks: u32): usize {
  return words + ((<usize>(<i32>((<f64>low * <f64>blocks) / 4294967296.0))) << 5);
}

/** 1 << the five highest bits of each lane: as powers of two in floating point, since lanes can't be shifted apart. */
function bitsOf(product: v128): v128 {
  const exponent = i32x4.shl(i32x4.shr_u(product, 27), 23);
  return i32x4.trunc_sat_f32x4_u(i32x4.add(exponent, i32x4.splat(0x3f80_0000)));
}

function firstBits(high: u32): v128 {
  return bitsOf(i32x4.mul(i32x4.splat(high), i32x4(1 << 27, 1 << 22, 1 << 17, 1 << 12)));
}

function lastBits(high: u32): v128 {
  return bitsOf(i32x4.mul(i32x4.splat(high), i32x4(1 << 7, 1 << 2, 0x47b6137b, 0x47b6137b << 5)));
}

function nextLow(low: u32): u32 {
  return (low ^ (low >> 15)) * 0x2c1b3c6d;
}

function nextHigh(high: u32): u32 {
  return (high ^ (high >> 15)) * 0x297a2d39;
}

/** Tells of each of `count` items whether the filter has it. @returns how many it has */
export function has(count: usize, blocks: u32, rounds: u32): u32 {
  let sum: u32 = 0;
  for (let i: usize = 0; i < count; i++) {
    let low = load<u32>(lows + 4 * i);
    let high = load<u32>(highs + 4 * i);
    let present: u32 = 1;
    for (let round: u32 = 0; round < rounds; round++) {
      const at = blockOf(low, blocks);
      const missing = v128.or(
        v128.andnot(firstBits(high), v128.load(at)),
        v128.andnot(lastBits(high), v128.load(at, 16)),
      );
      if (v128.any_true(missing)) {
        present = 0;
        break;
      }
      low = nextLow(low);
      high = nextHigh(high);
    }
    store<u8>(found + i, present);
    sum += present;
  }
  return sum;
}

/** Adds `count` items. @returns how many the filter didn't have */
export function add(count: usize, blocks: u32, rounds: u32): u32 {
  let sum: u32 = 0;
  for (let i: usize = 0; i < count; i++) {
    let low = load<u32>(lows + 4 * i);
    let high = load<u32>(highs + 4 * i);
    let fresh: u32 = 0;
    for (let round: u32 = 0; round < rounds; round++) {
      const at = blockOf(low, blocks);
      const first = v128.load(at);
      const last = v128.load(at, 16);
      const firstNew = v128.or(first, firstBits(high));
      const lastNew = v128.or(last, lastBits(high));
      fresh |= <u32>v128.any_true(v128.or(v128.xor(first, firstNew), v128.xor(last, lastNew)));
      v128.store(at, firstNew);
      v128.store(at, lastNew, 16);
      low = nextLow(low);
      high = nextHigh(high);
    }
    sum += fresh;
  }
  return sum;
}
