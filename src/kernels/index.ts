export { type BloomBlocks, BloomBulk, type BloomHash, bloomWords } from "./bloom-bulk.ts";
export { ByteHash } from "./byte-hash.ts";
export { hasSimd } from "./instantiate.ts";
export { Int8Matrix, type TopRows } from "./int8-matrix.ts";
export type { BloomKeys } from "./kernel-bloom.ts";
