import { checkDnsSearch } from "./checks/dns-search.ts";
import { checkDuplicatePackages } from "./checks/duplicate-packages.ts";
import { checkFlagConflicts } from "./checks/flag-conflicts.ts";
import { checkHeapLimit } from "./checks/heap-limit.ts";
import { checkHugePages } from "./checks/huge-pages.ts";
import { checkInitProcess } from "./checks/init-process.ts";
import { checkInspector } from "./checks/inspector.ts";
import { checkListenBacklog } from "./checks/listen-backlog.ts";
import { checkLockFile } from "./checks/lock-file.ts";
import { checkMallocArenas } from "./checks/malloc-arenas.ts";
import { checkNodeEnv } from "./checks/node-env.ts";
import { checkNodeRelease } from "./checks/node-release.ts";
import { checkOpenFiles } from "./checks/open-files.ts";
import { checkPeers } from "./checks/peers.ts";
import { checkPoolThreads } from "./checks/pool-threads.ts";
import { checkPortRange } from "./checks/port-range.ts";
import { checkSemiSpace } from "./checks/semi-space.ts";
import { checkSourceMaps } from "./checks/source-maps.ts";
import { checkStartWrapper } from "./checks/start-wrapper.ts";
import { checkSwap } from "./checks/swap.ts";
import type { DoctorFacts } from "./facts.ts";
import type { Finding, Severity } from "./finding.ts";

const checks: readonly ((facts: DoctorFacts) => Finding[])[] = [
  checkNodeRelease,
  checkHeapLimit,
  checkSemiSpace,
  checkMallocArenas,
  checkHugePages,
  checkSwap,
  checkPoolThreads,
  checkOpenFiles,
  checkListenBacklog,
  checkPortRange,
  checkDnsSearch,
  checkInitProcess,
  checkStartWrapper,
  checkNodeEnv,
  checkInspector,
  checkSourceMaps,
  checkFlagConflicts,
  checkPeers,
  checkDuplicatePackages,
  checkLockFile,
];

const order: readonly Severity[] = ["problem", "advice", "unknown", "ok"];

/** All findings, the worst first. Decides by the facts alone. */
export function diagnose(facts: DoctorFacts): Finding[] {
  const findings = checks.flatMap((check) => check(facts));
  return order.flatMap((severity) => findings.filter((finding) => finding.severity === severity));
}
