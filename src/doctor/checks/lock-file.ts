import type { DoctorFacts } from "../facts.ts";
import { advice, type Finding, ok, unknown } from "../finding.ts";

const id = "lock-file";

/** Does a lock file fix what is installed? */
export function checkLockFile({ project }: DoctorFacts): Finding[] {
  if ("unknown" in project) return [unknown(id, project.unknown)];
  const { lockFile } = project.value;
  if (lockFile !== undefined) return [ok(id, lockFile)];
  return [
    advice(id, {
      what: "there is no lock file, here or in a folder above",
      why: "each installation may get other versions, so that no measurement holds for the next one",
      source: "https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json",
      mend: "npm install --package-lock-only",
    }),
  ];
}
