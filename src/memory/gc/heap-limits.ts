import { flagMib } from "./gc-flags.ts";

/** What is looked at to learn how large V8 lets the heap grow. */
export interface HeapLimitSources {
  /** `heap_size_limit` of `v8.getHeapStatistics()`. */
  readonly heapSizeLimitBytes: number;
  /** Flags from the command line and `NODE_OPTIONS`, the stronger last. */
  readonly flags: readonly string[];
  /** A worker's own limit; `undefined` in the main thread. */
  readonly workerOldMib: number | undefined;
  /** What Node took for the machine's memory at its start. */
  readonly memoryBytes: number;
}

/** How large V8 lets the parts of the heap grow; absent where it can't be told. */
export interface HeapLimits {
  readonly oldSpaceBytes?: number;
  readonly semiSpaceBytes?: number;
}

const mib = 2 ** 20;

/** What Node takes where nothing is said: half of the memory, within these bounds. Measured with Node 24.21. */
const oldDefaultsMib = [256, 2048, 4096];

/**
 * The limits that are in force. V8 tells only their sum: heap limit = old space + 3 × semi-space, where a semi-space is a
 * power of two in MiB. So old space's limit is taken from the flags, the worker's limits or Node's defaults, and is believed
 * when what remains is three times a power of two.
 */
export function heapLimits(sources: HeapLimitSources): HeapLimits {
  const limit = sources.heapSizeLimitBytes / mib;
  const told = flagMib(sources.flags, "max-old-space-size") ?? sources.workerOldMib;
  const candidates = told === undefined ? [sources.memoryBytes / mib / 2, ...oldDefaultsMib] : [told];
  for (const old of candidates) {
    const semi = (limit - old) / 3;
    const power = 2 ** Math.round(Math.log2(semi));
    if (semi > 0.4 && Math.abs(semi - power) < 0.4)
      return { oldSpaceBytes: (limit - 3 * power) * mib, semiSpaceBytes: power * mib };
  }
  return {};
}
