import { callable, finite, integer, knownKeys, oneOf, rejectType } from "../options.ts";
import type { ResolvedGoal } from "./benefit-watch.ts";
import type { BenefitGoal, Guardrail } from "./guardrail.ts";
import { failureOf, latencyOf, namedValue, type Reading } from "./quantile-watch.ts";
import { quantileName } from "./rollback-figures.ts";

export const guardrailDefaults = Object.freeze({
  latency: Object.freeze({ quantile: 0.99, maxIncrease: 0.05, slackMs: 0.1, includeFailed: false }),
  value: Object.freeze({ quantile: 0.5, maxIncrease: 0.05 }),
  errors: Object.freeze({ maxIncrease: 0.1 }),
  staleness: Object.freeze({ maxRate: 0.001 }),
  benefit: Object.freeze({ of: "latency", quantile: 0.5, minSamples: 500, minShare: 0 }),
});

const known: Readonly<Record<Guardrail["kind"], readonly string[]>> = {
  latency: ["quantile", "maxIncrease", "slackMs", "includeFailed"],
  value: ["value", "quantile", "maxIncrease"],
  errors: ["maxIncrease"],
  staleness: ["source", "maxRate"],
  check: ["check"],
};

const lowestQuantile = 0.01;
const highestQuantile = 0.999;

export function nameOf(guardrail: Guardrail): string {
  if (guardrail.name !== undefined) return guardrail.name;
  const { kind } = guardrail;
  if (kind === "latency")
    return `${quantileName(guardrail.quantile ?? guardrailDefaults.latency.quantile)} latency`;
  if (kind === "value")
    return `${quantileName(guardrail.quantile ?? guardrailDefaults.value.quantile)} ${guardrail.value}`;
  return kind;
}

/** @throws {TypeError | RangeError} naming what is wrong */
export function checkGuardrails(where: string, guardrails: readonly Guardrail[]): void {
  if (!Array.isArray(guardrails)) rejectType(where, "an array of guardrails", guardrails);
  const names = new Set<string>();
  for (const [i, guardrail] of guardrails.entries()) {
    const at = `${where}[${i}]`;
    checkGuardrail(at, guardrail);
    const name = nameOf(guardrail);
    if (names.has(name)) throw new TypeError(`${at}: another guardrail is called ${JSON.stringify(name)}`);
    names.add(name);
  }
}

function checkGuardrail(at: string, guardrail: Guardrail): void {
  knownKeys(at, guardrail, ["kind", "name", ...(known[guardrail?.kind] ?? Object.keys(guardrail ?? {}))]);
  const { name } = guardrail;
  oneOf(`${at}.kind`, guardrail.kind, Object.keys(known));
  if (guardrail.kind === "check" || name !== undefined) checkName(`${at}.name`, name);
  if ("quantile" in guardrail && guardrail.quantile !== undefined)
    finite(`${at}.quantile`, guardrail.quantile, lowestQuantile, highestQuantile);
  if ("maxIncrease" in guardrail && guardrail.maxIncrease !== undefined)
    finite(`${at}.maxIncrease`, guardrail.maxIncrease, 0, 1000);
  if (guardrail.kind === "latency" && guardrail.slackMs !== undefined)
    finite(`${at}.slackMs`, guardrail.slackMs, 0);
  if (guardrail.kind === "latency" && guardrail.includeFailed !== undefined)
    oneOf(`${at}.includeFailed`, guardrail.includeFailed, [true, false]);
  if (guardrail.kind === "value") checkName(`${at}.value`, guardrail.value);
  else if (guardrail.kind === "check") callable(`${at}.check`, guardrail.check);
  else if (guardrail.kind === "staleness") {
    const { source, maxRate } = guardrail;
    if (typeof source?.checked !== "number" || typeof source.stale !== "number")
      rejectType(`${at}.source`, "a source with numbers checked and stale", source);
    if (maxRate !== undefined) finite(`${at}.maxRate`, maxRate, 0, 1);
  }
}

function checkName(at: string, name: unknown): void {
  if (typeof name !== "string" || name === "") rejectType(at, "a text that isn't empty", name);
}

const readings: ReadonlyMap<string, Reading> = new Map([
  ["latency", latencyOf],
  ["errors", failureOf],
]);

/** @throws {TypeError | RangeError} naming what is wrong */
export function resolveGoal(where: string, goal: BenefitGoal): ResolvedGoal {
  knownKeys(where, goal, ["of", "quantile", "minGain", "minSamples", "minShare"]);
  const { of = guardrailDefaults.benefit.of } = goal;
  checkName(`${where}.of`, of);
  const { quantile = guardrailDefaults.benefit.quantile } = goal;
  const { minSamples = guardrailDefaults.benefit.minSamples } = goal;
  const { minShare = guardrailDefaults.benefit.minShare } = goal;
  return {
    read: readings.get(of) ?? namedValue(of),
    of,
    quantile: finite(`${where}.quantile`, quantile, lowestQuantile, highestQuantile),
    minGain: finite(`${where}.minGain`, goal.minGain, 0.001, 0.99),
    minSamples: integer(`${where}.minSamples`, minSamples, 0),
    minShare: finite(`${where}.minShare`, minShare, 0, 100),
  };
}
