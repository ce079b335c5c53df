// AssemblyScript: compiled to WebAssembly by scripts/build-kernels.ts, never by tsc.

/**
 * Scores of rows of int8: score[r] = Σ query[j] · row[r][j], exact in 32 bits below 2¹⁷ dimensions.
 * Four rows at a time, so that each part of the query is loaded once for four, and their sums make one vector.
 * @param query   `stride` bytes
 * @param wide    room for 2 · `stride` bytes: the query as int16
 * @param rows    `count` rows of `stride` bytes each
 * @param stride  bytes, a multiple of 16; what is beyond the dimensions is 0
 * @param count   rows, a multiple of 4
 * @param scores  room for `count` int32
 */
export function dot(
  query: usize,
  wide: usize,
  rows: usize,
  stride: usize,
  count: usize,
  scores: usize,
): void {
  for (let j: usize = 0; j < stride; j += 8) v128.store(wide + 2 * j, v128.load8x8_s(query + j));
  const end = scores + 4 * count;
  let row0 = rows;
  while (scores < end) {
    const row1 = row0 + stride;
    const row2 = row1 + stride;
    const row3 = row2 + stride;
    let sum0 = i32x4.splat(0);
    let sum1 = i32x4.splat(0);
    let sum2 = i32x4.splat(0);
    let sum3 = i32x4.splat(0);
    for (let j: usize = 0; j < stride; j += 16) {
      const low = v128.load(wide + 2 * j);
      sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(v128.load8x8_s(row0 + j), low));
      sum1 = i32x4.add(sum1, i32x4.dot_i16x8_s(v128.load8x8_s(row1 + j), low));
      sum2 = i32x4.add(sum2, i32x4.dot_i16x8_s(v128.load8x8_s(row2 + j), low));
      sum3 = i32x4.add(sum3, i32x4.dot_i16x8_s(v128.load8x8_s(row3 + j), low));
      const high = v128.load(wide + 2 * j, 16);
      sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(v128.load8x8_s(row0 + j, 8), high));
      sum1 = i32x4.add(sum1, i32x4.dot_i16x8_s(v128.load8x8_s(row1 + j, 8), high));
      sum2 = i32x4.add(sum2, i32x4.dot_i16x8_s(v128.load8x8_s(row2 + j, 8), high));
      sum3 = i32x4.add(sum3, i32x4.dot_i16x8_s(v128.load8x8_s(row3 + j, 8), high));
    }
    const sum01 = i32x4.add(
      v128.shuffle<i32>(sum0, sum1, 0, 1, 4, 5),
      v128.shuffle<i32>(sum0, sum1, 2, 3, 6, 7),
    );
    const sum23 = i32x4.add(
      v128.shuffle<i32>(sum2, sum3, 0, 1, 4, 5),
      v128.shuffle<i32>(sum2, sum3, 2, 3, 6, 7),
    );
    v128.store(
      scores,
      i32x4.add(v128.shuffle<i32>(sum01, sum23, 0, 2, 4, 6), v128.shuffle<i32>(sum01, sum23, 1, 3, 5, 7)),
    );
    row0 = row3 + stride;
    scores += 16;
  }
}

/** Orders by score, then by the lower index: the larger key is the better one. */
function keyOf(score: i32, index: u32): i64 {
  return ((<i64>score) << 32) | <i64>~index;
}

/** Puts `key` into the heap of `size` keys from place `at` down, where the least is on top. */
function sink(heap: usize, size: usize, at: usize, key: i64): void {
  for (;;) {
    let child: usize = 2 * at + 1;
    if (child >= size) break;
    let least = load<i64>(heap + 8 * child);
    if (child + 1 < size) {
      const other = load<i64>(heap + 8 * child, 8);
      if (other < least) {
        least = other;
        child++;
      }
    }
    if (key <= least) break;
    store<i64>(heap + 8 * at, least);
    at = child;
  }
  store<i64>(heap + 8 * at, key);
}

function offer(heap: usize, k: usize, scores: usize, index: usize): void {
  const key = keyOf(load<i32>(scores + 4 * index), <u32>index);
  if (key > load<i64>(heap)) sink(heap, k, 0, key);
}

/**
 * The `k` best of the scores, the best first, the lower index first among equals.
 * @param scores  `count` int32, ≥ `k`
 * @param heap    room for `k` int64
 * @param indices room for `k` uint32
 * @param best    room for `k` int32
 */
export function select(
  scores: usize,
  count: usize,
  k: usize,
  heap: usize,
  indices: usize,
  best: usize,
): void {
  for (let i: usize = 0; i < k; i++) store<i64>(heap + 8 * i, keyOf(load<i32>(scores + 4 * i), <u32>i));
  for (let i = k / 2; i > 0; i--) sink(heap, k, i - 1, load<i64>(heap + 8 * (i - 1)));
  let index = k;
  for (; index < count && (index & 3) !== 0; index++) offer(heap, k, scores, index);
  // Most rows don't reach the least of the best: four are passed over by one comparison.
  for (; index + 4 <= count; index += 4) {
    const least = i32x4.splat(load<i32>(heap, 4));
    if (v128.any_true(i32x4.gt_s(v128.load(scores + 4 * index), least)))
      for (let i = index; i < index + 4; i++) offer(heap, k, scores, i);
  }
  for (; index < count; index++) offer(heap, k, scores, index);
  for (let size = k; size > 0; size--) {
    const key = load<i64>(heap);
    store<u32>(indices + 4 * (size - 1), ~(<u32>key));
    store<i32>(best + 4 * (size - 1), <i32>(key >> 32));
    sink(heap, size - 1, 0, load<i64>(heap + 8 * (size - 1)));
  }
}
