import { defaultHeap, planMemory } from "../../environment/memory-plan.ts";
import { presentFlag } from "../../environment/node-options.ts";
import type { DoctorFacts } from "../facts.ts";
import { advice, type Finding, ok } from "../finding.ts";
import { knownFlags } from "../known-flags.ts";

const id = "semi-space";

/** Is the young generation as small as Node makes it in small containers? */
export function checkSemiSpace(facts: DoctorFacts): Finding[] {
  const { memoryLimitBytes } = facts;
  const set = presentFlag(knownFlags(facts).all, [
    "max-semi-space-size",
    "min-semi-space-size",
    "optimize-for-size",
  ]);
  if (set !== undefined) return [ok(id, `chosen by ${set}`)];
  if (memoryLimitBytes === undefined)
    return [ok(id, "no container limits the memory, so V8 takes up to 64 MiB")];
  const { semiSpaceMib } = planMemory(memoryLimitBytes);
  const own = defaultHeap(memoryLimitBytes).semiSpaceMib;
  const what = `in ${Math.round(memoryLimitBytes / 2 ** 20)} MiB, Node takes a semi-space of ${own} MiB`;
  if (semiSpaceMib === undefined) return [ok(id, what)];
  return [
    advice(id, {
      what,
      why: "many live objects are copied again and again: in 512 MiB with 50,000 sessions, a larger one did the work in a third of the CPU time",
      source: "docs/decisions/gc-tuning.md",
      mend: `NODE_OPTIONS=--max-semi-space-size=${semiSpaceMib}`,
    }),
  ];
}
