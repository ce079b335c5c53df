import { cacheFolder } from "../../environment/cache-folder.ts";
import { isWorkerThread } from "../main-thread.ts";
import { type AppliedStep, type OptimizationStep, unchanged } from "../step.ts";

/** By then a server has loaded what it needs; one that is killed later has it kept all the same. */
const flushAfterMs = 2000;

/**
 * Keeps the compiled code of the program's files for its next start, in a folder that is its user's own. Only before the
 * program is loaded, which `--import` is; Node can't be told to stop, so it goes on until the process ends.
 * @see https://nodejs.org/api/module.html#module-compile-cache
 */
export const compileCache: OptimizationStep = {
  id: "compile-cache",
  title: "Compiled code kept for the next start",
  risk: "safe",
  apply({ isBeforeProgram }) {
    if (isWorkerThread()) return unchanged("left-alone", "the main thread's serves all");
    const { env } = process;
    if (env.NODE_DISABLE_COMPILE_CACHE !== undefined)
      return unchanged("left-alone", "NODE_DISABLE_COMPILE_CACHE is set");
    if (env.NODE_V8_COVERAGE !== undefined)
      return unchanged("left-alone", "NODE_V8_COVERAGE is set, and coverage of cached code is less precise");
    const { enableCompileCache, getCompileCacheDir } = process.getBuiltinModule("node:module");
    const known = getCompileCacheDir();
    if (known !== undefined) return keptBy(`it is on already, in ${known}`, []);
    if (!isBeforeProgram)
      return unchanged(
        "pending",
        "the program is loaded already: start with --import victor-optimizations/auto",
      );
    const place = cacheFolder(env);
    if ("reason" in place) return unchanged("left-alone", place.reason);
    const { directory, message } = enableCompileCache(place.folder);
    if (directory === undefined) return unchanged("left-alone", message ?? "Node doesn't say why");
    return keptBy(`in ${directory}`, ["module.enableCompileCache"]);
  },
};

/** Node writes the cache when the process ends by itself, which a server that is killed doesn't. */
function keptBy(reason: string, changes: readonly string[]): AppliedStep {
  const timer = setTimeout(() => process.getBuiltinModule("node:module").flushCompileCache(), flushAfterMs);
  timer.unref();
  return {
    describe: () => ({ state: "applied", reason, changes }),
    undo: () => clearTimeout(timer),
  };
}
