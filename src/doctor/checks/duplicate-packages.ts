import type { DoctorFacts } from "../facts.ts";
import { advice, type Finding, ok, unknown } from "../finding.ts";

const id = "duplicate-packages";

/** Why a second copy isn't only a matter of disk. */
const consequences: Readonly<Record<string, string>> = {
  undici: "each copy has pools and a dispatcher of its own: what is set on one doesn't reach the others",
  "victor-optimizations": "each copy has caches, limits and metrics of its own",
  "@opentelemetry/api": "copies of different major versions don't see each other's providers",
};

/** Packages that hold state for the whole process. */
export const singletons: readonly string[] = Object.keys(consequences);

/** Is a package that holds state for the whole process there more than once? */
export function checkDuplicatePackages({ project }: DoctorFacts): Finding[] {
  if ("unknown" in project) return [unknown(id, project.unknown)];
  const { copies } = project.value;
  if ("unknown" in copies) return [unknown(id, copies.unknown)];
  const doubles = Object.entries(copies.value).filter(([, found]) => found.length > 1);
  if (doubles.length === 0) return [ok(id, `one copy at most of ${Object.keys(copies.value).join(", ")}`)];
  return doubles.map(([name, found]) =>
    advice(id, {
      what: `${found.length} copies of ${name}: ${found.map(({ version, path }) => `${version} in ${path}`).join(", ")}`,
      why: consequences[name] ?? "each copy has a state of its own",
      source: "https://docs.npmjs.com/cli/v11/commands/npm-dedupe",
      mend: `npm dedupe, or npm explain ${name} to see who asks for it`,
    }),
  );
}
