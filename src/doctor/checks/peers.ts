import { compareVersions } from "../../environment/node-version.ts";
import type { DoctorFacts, ProjectFacts } from "../facts.ts";
import { type Finding, ok, problem, unknown } from "../finding.ts";

const id = "peers";
const source = "https://docs.npmjs.com/cli/v11/configuring-npm/package-json#peerdependencies";

/** Which driver a database URL needs; `sqlite:` needs none. */
const drivers: Readonly<Record<string, string>> = { postgres: "pg", postgresql: "pg", mysql: "mysql2" };

/** Are the drivers that the project names, or its `DATABASE_URL` needs, installed, in a version that we work with? */
export function checkPeers({ project, env }: DoctorFacts): Finding[] {
  if ("unknown" in project) return [unknown(id, project.unknown)];
  const { dependencies, peers, installed } = project.value;
  const url = "value" in env ? env.value.DATABASE_URL : undefined;
  const driver = url === undefined ? undefined : drivers[url.split(":", 1)[0]!];
  const isNeeded = driver !== undefined && "victor-optimizations" in dependencies;
  const findings = Object.entries(peers).flatMap(([name, range]) => {
    const reason =
      name in dependencies
        ? `package.json asks for ${name}`
        : name === driver && isNeeded
          ? `DATABASE_URL needs ${name}`
          : undefined;
    return reason === undefined ? [] : peer(name, range, reason, installed);
  });
  return findings.length > 0 ? findings : [ok(id, "the project names none of the optional drivers")];
}

function peer(name: string, range: string, reason: string, installed: ProjectFacts["installed"]): Finding[] {
  const version = installed[name];
  if (version === undefined)
    return [
      problem(id, {
        what: `${reason}, which isn't installed`,
        why: "the part that uses it fails at its first use",
        source,
        mend: `npm install ${name}`,
      }),
    ];
  const lowest = /^>=(\d+(?:\.\d+)*)$/.exec(range)?.[1];
  if (lowest === undefined) return [unknown(id, `${name} ${version}: the range ${range} isn't understood`)];
  if (compareVersions(version, lowest) < 0)
    return [
      problem(id, {
        what: `${name} ${version} is installed`,
        why: `the toolkit works with ${name} ${range}`,
        source,
        mend: `npm install ${name}@latest`,
      }),
    ];
  return [ok(id, `${name} ${version} is installed`)];
}
