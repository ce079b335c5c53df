import { rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder, refuse } from "./output-folder.ts";

/**
 * Writes beside the target, then renames: a reader sees the old text or the new one, never half of it.
 * @throws {VictorError} `VICTOR_REPORT_OUTPUT`
 */
export async function saveFile(path: string, text: string): Promise<void> {
  await makeFolder(dirname(path));
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    refuse(path, error);
  }
}
