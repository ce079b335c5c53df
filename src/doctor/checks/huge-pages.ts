import type { DoctorFacts } from "../facts.ts";
import { advice, type Finding, ok, unknown } from "../finding.ts";

const id = "huge-pages";

/** May the kernel give 2 MiB where 4 KiB were asked for, in a container that counts each? */
export function checkHugePages({ hugePages, memoryLimitBytes }: DoctorFacts): Finding[] {
  if ("unknown" in hugePages) return [unknown(id, hugePages.unknown)];
  const what = `transparent huge pages: ${hugePages.value}`;
  if (hugePages.value !== "always" || memoryLimitBytes === undefined) return [ok(id, what)];
  return [
    advice(id, {
      what: `${what}, in a container of ${Math.round(memoryLimitBytes / 2 ** 20)} MiB`,
      why: "the kernel may back sparse memory with whole pages of 2 MiB, which count against the limit",
      source: "https://docs.kernel.org/admin-guide/mm/transhuge.html",
      mend: "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled (on the host)",
    }),
  ];
}
