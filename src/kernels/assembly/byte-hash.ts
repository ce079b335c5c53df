// AssemblyScript: compiled to WebAssembly by scripts/build-kernels.ts, never by tsc.
import { blocksOf, finished } from "./byte-sums";

const lanes: usize = 304;
const scratch: usize = 1024;

/** Of the blocks before. */
let state: u64 = 0;

/** Takes in the first `length` bytes of the scratch area, a multiple of 256. */
export function update(length: usize): void {
  state = blocksOf(state, scratch, length);
}

/**
 * Takes in the last `length` bytes and ends the hash.
 * @param total bytes of the whole input, modulo 2³²
 */
export function finish(length: usize, total: u32): void {
  finished(state, scratch, length, total, lanes, 4);
  state = 0;
}
