import { access, constants, mkdir, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { VictorError } from "../errors.ts";
import { thrownText } from "../thrown-text.ts";

/**
 * Finds out whether files can be written to a folder, before anything is measured for them. Leaves nothing behind: what
 * of the folder had to be made is removed again.
 * @throws {VictorError} `VICTOR_REPORT_OUTPUT` when they can't
 */
export async function tryFolder(path: string): Promise<void> {
  const made = await makeFolder(path);
  try {
    const probe = join(path, `.victor-${process.pid}.tmp`);
    await writeFile(probe, "").catch((error: unknown) => refuse(path, error));
    await rm(probe, { force: true });
  } finally {
    for (const folder of made.reverse()) await rmdir(folder).catch(keepIfUsed);
  }
}

/**
 * Makes a folder and those above it, one by one from the nearest that exists. That one has to be a writable directory:
 * `mkdir` with `recursive` never ends in one that takes no folders, such as `/proc`.
 * @returns the folders made, the topmost first
 * @throws {VictorError} `VICTOR_REPORT_OUTPUT`
 */
export async function makeFolder(path: string): Promise<string[]> {
  const missing: string[] = [];
  try {
    let existing = resolve(path);
    for (; !(await isFolder(existing)); existing = dirname(existing)) missing.unshift(existing);
    await access(existing, constants.W_OK | constants.X_OK);
    // Another process may make the same folder at the same time.
    for (const folder of missing) await mkdir(folder).catch(allowExisting);
  } catch (error) {
    refuse(path, error);
  }
  return missing;
}

/** Turns a failure to write into an error that says what to do. */
export function refuse(path: string, error: unknown): never {
  if (error instanceof VictorError) throw error;
  const why = thrownText(error);
  throw new VictorError(
    "VICTOR_REPORT_OUTPUT",
    `the report can't be written to ${path} (${why}); give a folder that can be made and written to with --out`,
    { cause: error },
  );
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** @returns false when there is nothing; throws for what is there and no folder */
async function isFolder(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
  throw new Error(`${path} is not a folder`);
}

function allowExisting(error: unknown): void {
  if (codeOf(error) !== "EEXIST") throw error;
}

function keepIfUsed(error: unknown): void {
  if (codeOf(error) !== "ENOTEMPTY" && codeOf(error) !== "ENOENT") throw error;
}
