import type { DoctorFacts } from "../facts.ts";
import { advice, type Finding, ok, unknown } from "../finding.ts";

const id = "swap";

/** Has memory been swapped out? */
export function checkSwap({ swapBytes, pid }: DoctorFacts): Finding[] {
  if ("unknown" in swapBytes) return [unknown(id, swapBytes.unknown)];
  const what = `${Math.round(swapBytes.value / 2 ** 20)} MiB of ${pid === undefined ? "the container" : `process ${pid}`} are swapped out`;
  if (swapBytes.value === 0) return [ok(id, what)];
  return [
    advice(id, {
      what,
      why: "a full collection touches all live objects, and waits for the disk for those that are swapped out",
      source: "https://docs.kernel.org/admin-guide/cgroup-v2.html#memory",
      mend: "docker run --memory-swap equal to --memory, or a lower --max-old-space-size",
    }),
  ];
}
