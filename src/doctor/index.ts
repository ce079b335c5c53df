export { diagnose } from "./checks.ts";
export type { DoctorFacts, PackageCopy, ProjectFacts, Reading } from "./facts.ts";
export type { Finding, Severity } from "./finding.ts";
export { type FactsOptions, readFacts } from "./read-facts.ts";
export { type DoctorDocument, doctorDocument, doctorSchemaVersion, renderDoctor } from "./render.ts";
