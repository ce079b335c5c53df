import { compareVersions, lowestNode } from "../../environment/node-version.ts";
import type { DoctorFacts } from "../facts.ts";
import { type Finding, ok, problem, unknown } from "../finding.ts";

const id = "node-release";
const source = "https://github.com/nodejs/release#release-schedule";

/** Last day of support by major version. */
const endOfLife: Readonly<Record<number, string>> = {
  18: "2025-04-30",
  20: "2026-04-30",
  22: "2027-04-30",
  23: "2025-06-01",
  24: "2028-04-30",
  25: "2026-06-01",
  26: "2029-04-30",
};

/** Is the version supported, by Node's project and by this toolkit, here and in the Dockerfile? */
export function checkNodeRelease({ node, nowMs, project }: DoctorFacts): Finding[] {
  const here = "unknown" in node ? unknown(id, node.unknown) : release(node.value, nowMs);
  const dockerfile = "value" in project ? project.value.dockerfile : undefined;
  const text = dockerfile !== undefined && "value" in dockerfile ? dockerfile.value : "";
  const image = [...text.matchAll(/^FROM\s+(?:--\S+\s+)?(?:\S*\/)?node:(\d+)(?:\.(\d+))?/gim)].at(-1);
  if (image === undefined) return [here];
  const [major, minor] = image.slice(1).map((digits) => (digits === undefined ? undefined : Number(digits)));
  // An image of a major version alone is its newest minor.
  if (compareVersions(`${major}.${minor ?? 999}.0`, lowestNode) >= 0) return [here];
  return [
    here,
    problem(id, {
      what: `the Dockerfile's image is ${image[0].replace(/^FROM\s+/i, "")}`,
      why: `the toolkit needs Node ${lowestNode}`,
      source: "https://hub.docker.com/_/node",
      mend: "FROM node:24-slim",
    }),
  ];
}

function release(version: string, nowMs: number): Finding {
  const major = Number.parseInt(version, 10);
  const end = endOfLife[major];
  if (end !== undefined && nowMs > Date.parse(end) + 86_400_000)
    return problem(id, {
      what: `Node ${version} is supported no more: ${major} ended on ${end}`,
      why: "faults that are found now stay in it",
      source,
      mend: "install Node 24",
    });
  if (compareVersions(version, lowestNode) < 0)
    return problem(id, {
      what: `Node ${version} is older than ${lowestNode}`,
      why: "the toolkit doesn't run on it",
      source,
      mend: "install Node 24",
    });
  if (end === undefined)
    return unknown(id, `Node ${version}: its end of support isn't in this version's table`);
  return ok(id, `Node ${version} is supported until ${end}`);
}
