import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * Looks for a rival's package from the folder where the user works, then from the toolkit's own place.
 * Only whether it is there: it is loaded in the process that is measured.
 * @returns URL to import; `undefined` when it is installed in neither place
 */
export function peerModule(packageName: string, folder = process.cwd()): string | undefined {
  for (const from of [pathToFileURL(join(folder, "package.json")), import.meta.url]) {
    try {
      return pathToFileURL(createRequire(from).resolve(packageName)).href;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== "MODULE_NOT_FOUND" && code !== "ERR_PACKAGE_PATH_NOT_EXPORTED") throw error;
    }
  }
  return undefined;
}
