import { flagName, flagValue } from "../../environment/node-options.ts";
import type { DoctorFacts } from "../facts.ts";
import { advice, type Finding, ok, problem, unknown } from "../finding.ts";
import { knownFlags } from "../known-flags.ts";

const id = "flag-conflicts";
const source = "https://nodejs.org/api/cli.html";

/** Flags of which the last alone counts. */
const single = [
  "max-old-space-size",
  "max-semi-space-size",
  "stack-trace-limit",
  "unhandled-rejections",
  "dns-result-order",
];
/** Two that say the same thing in two ways. */
const rivals = [
  ["max-old-space-size", "max-old-space-size-percentage"],
  ["max-old-space-size", "max-heap-size"],
] as const;

/** Do flags contradict each other? */
export function checkFlagConflicts(facts: DoctorFacts): Finding[] {
  const { all, missing } = knownFlags(facts);
  const findings: Finding[] = [];
  const contradiction = (what: string, why: string): number =>
    findings.push(advice(id, { what, why, source, mend: "leave one of them out" }));
  for (const name of single) {
    const given = new Set(all.filter((flag) => flagName(flag) === name));
    if (given.size > 1) contradiction([...given].join(" and "), "only the last counts");
  }
  for (const [a, b] of rivals) {
    const given = [a, b].map((name) => all.findLast((flag) => flagName(flag) === name));
    if (given.every((flag) => flag !== undefined))
      contradiction(given.join(" and "), "both limit the same part of the heap");
  }
  const names = new Set(all.map(flagName));
  for (const name of names)
    if (names.has(`no-${name}`)) contradiction(`--${name} and --no-${name}`, "only the last counts");
  const [min, max] = ["min-semi-space-size", "max-semi-space-size"].map((name) =>
    Number(flagValue(all, name)),
  );
  if (min! > max!)
    findings.push(
      problem(id, {
        what: `--min-semi-space-size=${min} and --max-semi-space-size=${max}`,
        why: "the smallest exceeds the largest",
        source,
        mend: `--max-semi-space-size=${min}`,
      }),
    );
  if (findings.length > 0) return findings;
  return [
    missing === undefined
      ? ok(id, `${all.length === 1 ? "1 flag" : `${all.length} flags`}, no two contradict each other`)
      : unknown(id, missing),
  ];
}
