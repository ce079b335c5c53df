import { lstat, realpath, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder, refuse, tryFolder } from "./output-folder.ts";

/**
 * Writes beside the target, then renames: a reader sees the old text or the new one, never half of it. A device or a FIFO,
 * `/dev/stdout` say, is written to; of a link, what it leads to is replaced.
 * @throws {VictorError} `VICTOR_REPORT_OUTPUT`
 */
export async function saveFile(path: string, text: string): Promise<void> {
  try {
    const target = await replaceable(path);
    if (target === undefined) await writeFile(path, text);
    else await replace(target, text);
  } catch (error) {
    refuse(path, error);
  }
}

/**
 * Finds out whether `saveFile` can make its file, before there is anything to save. Leaves nothing behind.
 * @throws {VictorError} `VICTOR_REPORT_OUTPUT`
 */
export async function tryFile(path: string): Promise<void> {
  try {
    const target = await replaceable(path);
    if (target !== undefined) await tryFolder(dirname(target));
  } catch (error) {
    refuse(path, error);
  }
}

async function replace(path: string, text: string): Promise<void> {
  await makeFolder(dirname(path));
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    // Where it can't be removed either, what matters is why it couldn't be written.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** @returns the file that may be replaced; `undefined` where that would destroy something else, or a link leads nowhere */
async function replaceable(path: string): Promise<string | undefined> {
  const found = await lstat(path).catch(allowAbsent);
  if (found === undefined) return path;
  const target = found.isSymbolicLink() ? await realpath(path).catch(allowAbsent) : path;
  if (target === undefined) return undefined;
  const there = await lstat(target);
  return there.isFile() || there.isDirectory() ? target : undefined;
}

function allowAbsent(error: NodeJS.ErrnoException): undefined {
  // Whoever makes the folder says best what is wrong with it.
  if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
}
