import type { Advice, AdviceRule, Findings } from "./advice.ts";
import { hotRule, jsonRule, regexpRule, stackRule, syncRule } from "./advice-cpu.ts";
import { blockedRule, deoptRule, gcRule } from "./advice-engine.ts";

const rules: readonly AdviceRule[] = [
  jsonRule,
  syncRule,
  regexpRule,
  stackRule,
  gcRule,
  blockedRule,
  deoptRule,
];

/** All that the rules find, with places of the sources, that about the most time first. */
export function advise(findings: Findings): Advice[] {
  const { sources } = findings;
  const found = rules.flatMap((rule) => rule(findings));
  // That a function is hot is news only where no fault explains it.
  const explained = new Set(found.map(({ place }) => `${place.file}:${place.line}`));
  const hot = hotRule(findings).filter(({ place }) => !explained.has(`${place.file}:${place.line}`));
  return [...found, ...hot]
    .map((advice) => ({ ...advice, place: inSource(advice.place) }))
    .sort((a, b) => b.ms - a.ms);

  function inSource(place: Advice["place"]): Advice["place"] {
    // Without a column, the line is what counts, and not what stands first on it.
    if (place.column > 0) return { ...place, ...sources.original(place) };
    const { file } = sources.original({ ...place, column: 1 });
    return { ...place, file, line: sources.originalLine(place.file, place.line) };
  }
}
