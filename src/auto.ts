/**
 * `node --import victor-optimizations/auto app.js`: applies the safe optimizations before the program starts, in each of
 * its threads. Settings come from `VICTOR_*` and `victor.config.{json,js,mjs,ts}` in the folder where it is started.
 * Where one is wrong, the program doesn't start: the process ends with code 9, Node's own for an invalid argument.
 */
import { VictorError } from "./errors.ts";
import { applyBeforeProgram } from "./optimizations/apply-all.ts";
import { isWorkerThread } from "./optimizations/main-thread.ts";
import { autoSettings } from "./optimizations/settings/auto-settings.ts";

const invalidArgument = 9;

/** Where the program is started; without a folder where that was removed, which Node itself doesn't mind. */
function folder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

try {
  applyBeforeProgram(autoSettings(process.env, folder()));
} catch (error) {
  // A thread must not end its process; its parent gets the error.
  if (!(error instanceof VictorError) || isWorkerThread()) throw error;
  process.stderr.write(`victor-optimizations: ${error.message}\n`);
  process.exit(invalidArgument);
}
