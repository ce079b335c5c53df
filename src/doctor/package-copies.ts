import { type Dirent, readdirSync, realpathSync } from "node:fs";
import { join, relative } from "node:path";
import type { PackageCopy } from "./facts.ts";
import { regularFileText } from "./regular-file.ts";

/** More folders than the largest installations have. */
const mostFolders = 100_000;

/**
 * Finds all copies of some packages below a project's `node_modules`, links counted once.
 * @throws {Error} where there are too many folders to look at
 */
export function packageCopies(dir: string, names: readonly string[]): Record<string, PackageCopy[]> {
  const copies: Record<string, PackageCopy[]> = Object.fromEntries(names.map((name) => [name, []]));
  const seen = new Set<string>();
  const pending = [join(dir, "node_modules")];
  let folders = 0;
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const entry of entriesOf(folder)) {
      if (++folders > mostFolders) throw new Error(`more than ${mostFolders} folders in node_modules`);
      const path = join(folder, entry.name);
      if (entry.name.startsWith("@")) {
        for (const scoped of entriesOf(path)) visit(join(path, scoped.name), `${entry.name}/${scoped.name}`);
      } else if (entry.name === ".pnpm") {
        // pnpm keeps the packages themselves here, each with a node_modules of its own.
        for (const kept of entriesOf(path)) pending.push(join(path, kept.name, "node_modules"));
      } else visit(path, entry.name);
    }
  }
  return copies;

  function visit(path: string, name: string): void {
    const real = targetOf(path);
    if (real === undefined || seen.has(real)) return;
    seen.add(real);
    pending.push(join(real, "node_modules"));
    const version = names.includes(name) ? versionIn(real) : undefined;
    if (version !== undefined) copies[name]!.push({ version, path: relative(dir, real) });
  }
}

/** @returns `undefined` for a link that leads nowhere, such as one to a package that was moved */
function targetOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    // Node wouldn't find a package there either.
    return undefined;
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter(
      (entry) => (entry.isDirectory() || entry.isSymbolicLink()) && entry.name !== ".bin",
    );
  } catch {
    // Most packages have no node_modules of their own.
    return [];
  }
}

/** @returns version of the package in a folder; `undefined` where there is none */
export function versionIn(folder: string): string | undefined {
  try {
    const { version } = JSON.parse(regularFileText(join(folder, "package.json"))) as {
      version?: unknown;
    };
    return typeof version === "string" ? version : undefined;
  } catch {
    // A folder without a readable package.json isn't an installed package.
    return undefined;
  }
}
