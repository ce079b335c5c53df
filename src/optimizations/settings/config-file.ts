import { AutoSettingsError } from "../../errors.ts";
import { knownKeys } from "../../options.ts";
import { thrownText } from "../../thrown-text.ts";
import { fileOptionNames, type OptimizationsOptions } from "../options.ts";

/**
 * A file of settings: JSON, or a module whose default export (or `module.exports`) is an object of them.
 * @throws {AutoSettingsError} when it can't be read, or holds a key that is unknown
 */
export function readConfigFile(path: string): OptimizationsOptions {
  const settings = contentOf(path);
  try {
    knownKeys("settings", settings, fileOptionNames);
  } catch (error) {
    throw new AutoSettingsError(path, (error as Error).message, { cause: error });
  }
  return settings as OptimizationsOptions;
}

function contentOf(path: string): unknown {
  const { readFileSync, statSync } = process.getBuiltinModule("node:fs");
  const { createRequire } = process.getBuiltinModule("node:module");
  try {
    // The program would wait for who writes to it, maybe for ever.
    if (statSync(path).isFIFO()) throw new Error("it is a FIFO, not a regular file");
    // Some editors put a mark before the text, which Node's own reading of JSON passes over.
    if (path.endsWith(".json")) return JSON.parse(readFileSync(path, "utf8").replace(/^\uFEFF/, ""));
    const exported: unknown = createRequire(path)(path);
    return typeof exported === "object" && exported !== null && "default" in exported
      ? exported.default
      : exported;
  } catch (error) {
    throw new AutoSettingsError(path, thrownText(error), { cause: error });
  }
}
