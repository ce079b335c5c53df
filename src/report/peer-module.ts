import { readFileSync } from "node:fs";
import { createRequire, findPackageJSON } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Where a rival's package is looked for: the folder where the user works, then the toolkit's own place. */
const placesOf = (folder: string): readonly (URL | string)[] => [
  pathToFileURL(join(folder, "package.json")),
  import.meta.url,
];

/**
 * Looks for a rival's package from the folder where the user works, then from the toolkit's own place.
 * Only whether it is there: it is loaded in the process that is measured.
 * @returns URL to import; `undefined` when it is installed in neither place
 */
export function peerModule(packageName: string, folder = process.cwd()): string | undefined {
  for (const from of placesOf(folder)) {
    const found = ifInstalled(() => createRequire(from).resolve(packageName));
    if (found !== undefined) return pathToFileURL(found).href;
  }
  return undefined;
}

/** @returns version of the package that `peerModule` finds; `undefined` when it is installed in neither place */
export function peerVersion(packageName: string, folder = process.cwd()): string | undefined {
  for (const from of placesOf(folder)) {
    const path = ifInstalled(() => findPackageJSON(packageName, from));
    if (path !== undefined) return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
  }
  return undefined;
}

function ifInstalled(find: () => string | undefined): string | undefined {
  try {
    return find();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (
      code !== "MODULE_NOT_FOUND" &&
      code !== "ERR_MODULE_NOT_FOUND" &&
      code !== "ERR_PACKAGE_PATH_NOT_EXPORTED"
    )
      throw error;
    return undefined;
  }
}
