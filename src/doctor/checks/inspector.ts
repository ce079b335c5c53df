import { flagName, flagValue } from "../../environment/node-options.ts";
import type { DoctorFacts } from "../facts.ts";
import { type Finding, ok, problem, unknown } from "../finding.ts";
import { knownFlags } from "../known-flags.ts";

const id = "inspector";
const names = ["inspect", "inspect-brk", "inspect-wait", "inspect-port"];

/** Is the debugger's port open in production, or to other machines? */
export function checkInspector(facts: DoctorFacts): Finding[] {
  const { all, missing } = knownFlags(facts);
  const flag = all.findLast((one) => names.includes(flagName(one)));
  if (flag === undefined) return [missing === undefined ? ok(id, "off") : unknown(id, missing)];
  const address = names.map((name) => flagValue(all, name)).findLast((value) => value !== undefined) ?? "";
  const host = /^(\[.*\]|[^:]*[^\d:][^:]*)(?::\d+)?$/.exec(address)?.[1];
  const isLocal = host === undefined || /^(?:127\.[\d.]+|localhost|\[::1\])$/.test(host);
  const isProduction = "value" in facts.env && facts.env.value.NODE_ENV === "production";
  // --inspect-port alone opens nothing.
  const isOpen = all.some((one) => flagName(one) !== "inspect-port" && names.includes(flagName(one)));
  if (!isOpen || (isLocal && !isProduction))
    return [ok(id, `${flag}, on this machine only, outside production`)];
  return [
    problem(id, {
      what: `${flag}${isProduction ? " with NODE_ENV=production" : ""}`,
      why: isLocal
        ? "who can connect to that port on this machine can run any code in the process"
        : "who can connect to that port, from other machines too, can run any code in the process",
      source: "https://nodejs.org/en/learn/getting-started/debugging#security-implications",
      mend: "leave the flag out; kill -USR1 <pid> opens the port when it is needed",
    }),
  ];
}
