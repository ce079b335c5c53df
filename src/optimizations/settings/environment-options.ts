import { AutoSettingsError } from "../../errors.ts";
import { lazyModule } from "../lazy-module.ts";
import type { OptimizationsOptions } from "../options.ts";
import type { StepRolloutSettings } from "../rolled-out-steps.ts";

type Options = { -readonly [Name in keyof OptimizationsOptions]: OptimizationsOptions[Name] };

const ids = (text: string): readonly string[] =>
  text
    .split(",")
    .map((id) => id.trim())
    .filter((id) => id !== "");

const number = (name: string, text: string): number => {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isNaN(value))
    throw new AutoSettingsError(name, `expected a number, got ${JSON.stringify(text)}`);
  return value;
};

const rolloutText = (text: string, name: string): StepRolloutSettings => {
  const wrong = (cause?: unknown) =>
    new AutoSettingsError(name, `expected on, off, or options as JSON, got ${JSON.stringify(text)}`, {
      cause,
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(error);
  }
  if (typeof value !== "object" || value === null) throw wrong();
  return value;
};

const readers: Readonly<Record<string, (options: Options, text: string, name: string) => void>> = {
  VICTOR_OPTIMIZATIONS: (options, text) => {
    const value = text.trim();
    options.optimizations = value === "safe" || value === "none" ? value : ids(value);
  },
  VICTOR_DISABLE: (options, text) => {
    options.disable = ids(text);
  },
  VICTOR_DNS_TTL_MS: (options, text, name) => {
    options.dnsTtlMs = number(name, text);
  },
  VICTOR_SLOW_QUERY_MS: (options, text, name) => {
    options.slowQueryMs = number(name, text);
  },
  VICTOR_METRICS_PORT: (options, text, name) => {
    options.metricsPort = number(name, text);
  },
  VICTOR_STATUS_FILE: (options, text) => {
    options.statusFile = text;
  },
  VICTOR_ROLLOUT: (options, text, name) => {
    const value = text.trim();
    options.rollout = value === "on" || (value === "off" ? false : rolloutText(value, name));
  },
};

/** Variables that auto mode reads. */
export const autoVariables = Object.freeze([...Object.keys(readers), "VICTOR_CONFIG"]);

/** The variable that an option comes from: `VICTOR_DNS_TTL_MS` of `dnsTtlMs`. */
export const variableOf = (option: string): string =>
  `VICTOR_${option.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

/** Of other parts of the toolkit, and of its tests. */
const otherVariables = new Set([
  "VICTOR_COMPARE_PROBE",
  "VICTOR_DASHBOARD_TOKEN",
  "VICTOR_GC_REEXEC",
  "VICTOR_LONG",
  "VICTOR_METRICS_TOKEN",
  "VICTOR_PROFILE_SETTINGS",
]);

/** The nearest right name, where one is near. */
function meant(name: string, known: readonly string[]): string {
  try {
    const { nearestName } = lazyModule<typeof import("./nearest-name.ts")>(
      "optimizations/settings/nearest-name",
    );
    const nearest = nearestName(name, known);
    return nearest === undefined ? "" : `did you mean ${nearest}? `;
  } catch {
    // Under the permission model this package's other files may not be readable; what is wrong is said all the same.
    return "";
  }
}

/**
 * What `VICTOR_*` of the environment says.
 * @throws {AutoSettingsError} on a variable that is unknown, or whose text can't be read
 */
export function environmentOptions(env: NodeJS.ProcessEnv): OptimizationsOptions {
  const options: Options = {};
  // Names alone: the text of each of a hundred variables would have to be fetched from the system.
  for (const name of Object.keys(env)) {
    if (!name.startsWith("VICTOR_")) continue;
    const text = env[name];
    if (text === undefined) continue;
    const read = readers[name];
    if (read !== undefined) read(options, text, name);
    else if (name !== "VICTOR_CONFIG" && !otherVariables.has(name))
      throw new AutoSettingsError(
        name,
        `unknown variable; ${meant(name, [...autoVariables, ...otherVariables])}known are ${autoVariables.join(", ")}`,
      );
  }
  return options;
}
