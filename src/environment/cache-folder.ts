// An `import` of these would load all that they export, which auto mode can't afford.
const { lstatSync, mkdirSync } = process.getBuiltinModule("node:fs");
const { isAbsolute, join } = process.getBuiltinModule("node:path");

/** Where Node may keep compiled code, or why it may not. */
export type CacheFolder = { readonly folder: string } | { readonly reason: string };

/**
 * A folder of this user's own for Node's compile cache, made if need be. Never below the shared folder for temporary files: who can
 * write there first can put code in this program's way.
 * @param env for `XDG_CACHE_HOME` and `HOME`; on Windows `LOCALAPPDATA`
 * @param uid `undefined` on Windows, whose profile folders are the user's own
 */
export function cacheFolder(
  env: Readonly<NodeJS.ProcessEnv>,
  uid: number | undefined = process.getuid?.(),
  make = true,
): CacheFolder {
  const base =
    uid === undefined ? env.LOCALAPPDATA : (env.XDG_CACHE_HOME ?? (env.HOME && join(env.HOME, ".cache")));
  if (!base || !isAbsolute(base)) return { reason: "there is no home folder to keep compiled code in" };
  const parent = join(base, "victor-optimizations");
  const folder = join(parent, "compile-cache");
  try {
    if (make) mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const path of [parent, folder]) {
      const found = lstatSync(path, { throwIfNoEntry: make });
      // Only a dry run finds nothing there: it makes nothing.
      if (found === undefined) continue;
      if (!found.isDirectory()) return { reason: `${path} is no folder` };
      if (uid === undefined) continue;
      if (found.uid !== uid) return { reason: `${path} belongs to another user` };
      if ((found.mode & 0o022) !== 0) return { reason: `${path} can be written by others; chmod go-w it` };
    }
    return { folder };
  } catch (error) {
    return { reason: `${folder} can't be made: ${(error as Error).message}` };
  }
}
