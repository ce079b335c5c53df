import { AutoSettingsError } from "../../errors.ts";
import { thrownText } from "../../thrown-text.ts";
import { type OptimizationsOptions, resolveOptimizations } from "../options.ts";
import { allSteps } from "../steps/index.ts";
import { readConfigFile } from "./config-file.ts";
import { environmentOptions, variableOf } from "./environment-options.ts";

/** Looked for in the folder where the program is started; there may be one of them. */
export const configFileNames = [
  "victor.config.json",
  "victor.config.js",
  "victor.config.mjs",
  "victor.config.ts",
] as const;

/**
 * What a program's owner has set: `VICTOR_*` of the environment, else the file `victor.config.*`.
 * @param folder where `victor.config.*` is looked for; none where it is `undefined`
 * @throws {AutoSettingsError} on a key that is unknown or a value that is wrong, listing the right ones; where there are
 *   two files, naming both
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
  let found: string[];
  try {
    found = configFileNames.filter((name) => existsSync(join(folder, name)));
  } catch {
    // Under the permission model, what may not be read may not be looked for: the program's owner wants no such file read.
    return undefined;
  }
  const [name, ...others] = found;
  if (others.length > 0)
    throw new AutoSettingsError(
      folder,
      `settings are in ${found.join(" and ")}; keep one of them, or name the one that counts in VICTOR_CONFIG`,
    );
  return name === undefined ? undefined : join(folder, name);
}

function check(where: string, options: OptimizationsOptions): void {
  try {
    resolveOptimizations(options, allSteps);
  } catch (error) {
    throw new AutoSettingsError(where, thrownText(error), { cause: error });
  }
}
