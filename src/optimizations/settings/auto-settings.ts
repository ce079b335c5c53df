import { AutoSettingsError } from "../../errors.ts";
import { thrownText } from "../../thrown-text.ts";
import { type OptimizationsOptions, resolveOptimizations } from "../options.ts";
import { allSteps } from "../steps/index.ts";
import { readConfigFile } from "./config-file.ts";
import { environmentOptions, variableOf } from "./environment-options.ts";

/** Looked for in this order in the folder where the program is started. */
export const configFileNames = [
  "victor.config.json",
  "victor.config.js",
  "victor.config.mjs",
  "victor.config.ts",
] as const;

/**
 * What a program's owner has set: `VICTOR_*` of the environment, else the file `victor.config.*`.
 * @param folder where `victor.config.*` is looked for; none where it is `undefined`
 * @throws {AutoSettingsError} on a key that is unknown or a value that is wrong; it lists the right ones
 */
export function autoSettings(env: NodeJS.ProcessEnv, folder: string | undefined): OptimizationsOptions {
  const file = configFile(env, folder);
  const fromFile = file === undefined ? {} : readConfigFile(file);
  if (file !== undefined) check(file, fromFile);
  const fromEnv = environmentOptions(env);
  // One by one, so that the message names the variable.
  for (const [option, value] of Object.entries(fromEnv)) check(variableOf(option), { [option]: value });
  return { ...fromFile, ...fromEnv };
}

function configFile(env: NodeJS.ProcessEnv, folder: string | undefined): string | undefined {
  const { existsSync } = process.getBuiltinModule("node:fs");
  const { isAbsolute, join } = process.getBuiltinModule("node:path");
  const named = env.VICTOR_CONFIG;
  if (named !== undefined && named !== "") {
    const path = isAbsolute(named) ? named : join(folder ?? "", named);
    if (!existsSync(path)) throw new AutoSettingsError("VICTOR_CONFIG", `there is no file ${path}`);
    return path;
  }
  if (folder === undefined) return undefined;
  try {
    return configFileNames.map((name) => join(folder, name)).find((path) => existsSync(path));
  } catch {
    // Under the permission model, what may not be read may not be looked for: the program's owner wants no such file read.
    return undefined;
  }
}

function check(where: string, options: OptimizationsOptions): void {
  try {
    resolveOptimizations(options, allSteps);
  } catch (error) {
    throw new AutoSettingsError(where, thrownText(error), { cause: error });
  }
}
