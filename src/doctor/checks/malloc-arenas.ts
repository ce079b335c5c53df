import type { DoctorFacts } from "../facts.ts";
import { advice, type Finding, ok, unknown } from "../finding.ts";

const id = "malloc-arenas";
/** With fewer, what the arenas keep is small beside any heap. */
const manyArenas = 64;
/** In more memory than this nobody misses what they keep. */
const smallBytes = 2 ** 31;

/** May glibc keep more memory for itself than a small container can spare? It counts the machine's processors, not the container's. */
export function checkMallocArenas({ env, glibc, machineCpus, memoryLimitBytes }: DoctorFacts): Finding[] {
  if (glibc === undefined) return [ok(id, "the C library isn't glibc")];
  if ("unknown" in env) return [unknown(id, env.unknown)];
  const set = env.value.MALLOC_ARENA_MAX;
  if (set !== undefined) return [ok(id, `MALLOC_ARENA_MAX=${set}`)];
  const arenas = 8 * machineCpus;
  const what = `glibc ${glibc} may keep up to ${arenas} pools of memory, 8 for each of the machine's ${machineCpus} processors`;
  if (memoryLimitBytes === undefined || memoryLimitBytes > smallBytes || arenas < manyArenas)
    return [ok(id, what)];
  return [
    advice(id, {
      what: `${what}, in a container of ${Math.round(memoryLimitBytes / 2 ** 20)} MiB`,
      why: "with many threads (libuv's, workers') each may get its own, and what is freed there isn't given back soon",
      source: "https://man7.org/linux/man-pages/man3/mallopt.3.html",
      mend: "MALLOC_ARENA_MAX=2",
    }),
  ];
}
