import { finite, integer, knownKeys, oneOf, optionsObject, reject, rejectType } from "../options.ts";
import type { AlertRule, BurnWindow } from "./rule.ts";

const base = ["kind", "name", "severity", "forMs", "resolveForMs"];
const selector = ["metric", "labels", "quantile", "recordedAbove"];
const bounds = ["above", "below", "resolveAt"];
const known: Readonly<Record<AlertRule["kind"], readonly string[]>> = {
  threshold: [...base, ...selector, ...bounds, "overMs"],
  ratio: [...base, ...bounds, "numerator", "denominator", "overMs", "minDenominator"],
  absence: [...base, "metric", "labels"],
  "burn-rate": [...base, "objective", "total", "bad", "good", "windows", "minEvents"],
  degradation: [
    ...base,
    ...selector,
    ...["direction", "of", "against", "minChange", "minDifference", "falseAlarmSamples", "minEvents"],
  ],
};

/** Longest duration of a rule: 31 days. Longer ones are most likely seconds given as milliseconds of something else. */
const longestMs = 31 * 86_400_000;

/**
 * Makes sure of rules, wherever they come from.
 * @returns copies that no one else can change
 * @throws {TypeError | RangeError} naming the rule, the key, what was expected and what came
 */
export function checkedRules(rules: unknown): readonly AlertRule[] {
  if (!Array.isArray(rules)) return rejectType("rules", "an array of rules", rules);
  const names = new Set<string>();
  return rules.map((rule: unknown, i) => {
    const checked = checkedRule(`rules[${i}]`, rule);
    if (names.has(checked.name))
      reject(`rules[${i}].name`, "a name that no rule before it has", checked.name);
    names.add(checked.name);
    return checked;
  });
}

function checkedRule(at: string, given: unknown): AlertRule {
  optionsObject(at, given);
  const rule = given as AlertRule;
  oneOf(`${at}.kind`, rule.kind, Object.keys(known) as AlertRule["kind"][]);
  text(`${at}.name`, rule.name);
  const where = `${at} ${JSON.stringify(rule.name)}`;
  knownKeys(where, rule, known[rule.kind]);
  oneOf(`${where}: severity`, rule.severity ?? "warning", ["info", "warning", "critical"]);
  duration(`${where}: forMs`, rule.forMs);
  duration(`${where}: resolveForMs`, rule.resolveForMs);
  switch (rule.kind) {
    case "threshold":
      checkSelector(where, rule);
      checkBounds(where, rule);
      duration(`${where}: overMs`, rule.overMs);
      break;
    case "ratio":
      countable(`${where}: numerator`, rule.numerator);
      countable(`${where}: denominator`, rule.denominator);
      checkBounds(where, rule);
      duration(`${where}: overMs`, rule.overMs);
      finite(`${where}: minDenominator`, rule.minDenominator ?? 0, 0);
      break;
    case "absence":
      checkSelector(where, rule);
      break;
    case "burn-rate":
      if (!(finite(`${where}: objective`, rule.objective, 0, 1) > 0 && rule.objective < 1))
        reject(`${where}: objective`, "a share between 0 and 1, both excluded", rule.objective);
      countable(`${where}: total`, rule.total);
      one(where, rule, "bad", "good");
      countable(`${where}: ${rule.bad ? "bad" : "good"}`, rule.bad ?? rule.good);
      if (rule.windows !== undefined) checkWindows(`${where}: windows`, rule.windows);
      integer(`${where}: minEvents`, rule.minEvents ?? 1, 1);
      break;
    case "degradation":
      checkSelector(where, rule);
      oneOf(`${where}: direction`, rule.direction, ["up", "down", "both"]);
      if (rule.of !== undefined || rule.against !== undefined) {
        one(where, rule, "of", "against");
        if (rule.quantile !== undefined) reject(`${where}: quantile`, "none in a share", rule.quantile);
        countable(`${where}: ${rule.of ? "of" : "against"}`, rule.of ?? rule.against);
      } else if (rule.minDifference !== undefined)
        reject(`${where}: minDifference`, 'none without "of" or "against"', rule.minDifference);
      finite(`${where}: minChange`, rule.minChange ?? 1, 0.01, 10);
      finite(`${where}: minDifference`, rule.minDifference ?? 0.01, 0.0001, 0.5);
      finite(`${where}: falseAlarmSamples`, rule.falseAlarmSamples ?? 1000, 1000, 1e12);
      integer(`${where}: minEvents`, rule.minEvents ?? 1, 1);
      break;
  }
  return deepFrozen(structuredClone(rule));
}

function text(where: string, value: unknown): void {
  if (typeof value !== "string") rejectType(where, "a string", value);
  else if (value === "" || value.length > 200) reject(where, "1 to 200 characters", value);
}

function duration(where: string, value: unknown): void {
  if (value !== undefined) finite(`${where} (milliseconds)`, value, 0, longestMs);
}

function checkSelector(where: string, given: unknown): void {
  const { metric, labels, quantile, recordedAbove } = given as Record<string, unknown>;
  text(`${where}: metric`, metric);
  if (labels !== undefined) {
    optionsObject(`${where}: labels`, labels);
    for (const [label, value] of Object.entries(labels))
      if (typeof value !== "string") rejectType(`${where}: labels.${label}`, "a string", value);
  }
  if (quantile !== undefined) finite(`${where}: quantile`, quantile, 0, 1);
  if (recordedAbove !== undefined) finite(`${where}: recordedAbove`, recordedAbove, 0);
  if (quantile !== undefined && recordedAbove !== undefined)
    reject(`${where}: recordedAbove`, 'none beside "quantile"', recordedAbove);
}

/** A selector of what can be summed. */
function countable(where: string, given: unknown): void {
  knownKeys(where, given, ["metric", "labels", "recordedAbove"]);
  checkSelector(where, given);
}

function one(where: string, rule: object, a: string, b: string): void {
  if (Object.hasOwn(rule, a) === Object.hasOwn(rule, b))
    throw new TypeError(`${where}: expected exactly one of "${a}" and "${b}"`);
}

function checkBounds(
  where: string,
  rule: {
    readonly above?: number | undefined;
    readonly below?: number | undefined;
    readonly resolveAt?: number | undefined;
  },
): void {
  one(where, rule, "above", "below");
  const { above, below, resolveAt } = rule;
  const bound = finite(
    `${where}: ${above === undefined ? "below" : "above"}`,
    above ?? below,
    -Number.MAX_VALUE,
  );
  if (resolveAt === undefined) return;
  finite(`${where}: resolveAt`, resolveAt, -Number.MAX_VALUE);
  if (above !== undefined && resolveAt > bound)
    reject(`${where}: resolveAt`, `at most above (${bound})`, resolveAt);
  if (below !== undefined && resolveAt < bound)
    reject(`${where}: resolveAt`, `at least below (${bound})`, resolveAt);
}

function checkWindows(where: string, windows: readonly BurnWindow[]): void {
  if (!Array.isArray(windows)) rejectType(where, "an array", windows);
  integer(`${where}.length`, windows.length, 1, 10);
  for (const [i, window] of windows.entries()) {
    const at = `${where}[${i}]`;
    knownKeys(at, window, ["longMs", "shortMs", "factor"]);
    finite(`${at}.longMs`, window.longMs, 1, longestMs);
    if (finite(`${at}.shortMs`, window.shortMs, 1) >= window.longMs)
      reject(`${at}.shortMs`, `less than longMs (${window.longMs})`, window.shortMs);
    finite(`${at}.factor`, window.factor, Number.MIN_VALUE);
  }
}

function deepFrozen<T>(value: T): T {
  if (typeof value === "object" && value !== null)
    for (const inner of Object.values(value)) deepFrozen(inner);
  return Object.freeze(value);
}
