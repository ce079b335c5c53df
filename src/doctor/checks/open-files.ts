import type { DoctorFacts } from "../facts.ts";
import { advice, type Finding, ok, problem, unknown } from "../finding.ts";

const id = "open-files";
/** Fewer don't even suffice for a few hundred clients and what a request opens besides. */
const least = 1024;
/** What a server should have. */
const enough = 4096;

/** May the process open as many files and sockets as a server needs? Node raises the soft limit to the hard one at its start. */
export function checkOpenFiles({ openFiles, pid }: DoctorFacts): Finding[] {
  if ("unknown" in openFiles) return [unknown(id, openFiles.unknown)];
  const { soft, hard } = openFiles.value;
  // Another process may have lowered it again.
  const limit = pid === undefined ? hard : soft;
  const what = `at most ${limit === Number.POSITIVE_INFINITY ? "any number of" : limit} open files and sockets`;
  if (limit >= enough) return [ok(id, what)];
  return [
    (limit < least ? problem : advice)(id, {
      what,
      why: "each connection is one: beyond, accepting and opening fail with EMFILE",
      source: "https://man7.org/linux/man-pages/man2/getrlimit.2.html",
      mend: "ulimit -n 65536 (docker: --ulimit nofile=65536; systemd: LimitNOFILE=65536)",
    }),
  ];
}
