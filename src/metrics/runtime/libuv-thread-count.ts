import { readdirSync, readFileSync } from "node:fs";

/** Threads of libuv's pool, which Linux knows by name. @returns `undefined` on other systems */
export function libuvThreadCount(): number | undefined {
  try {
    const folder = "/proc/self/task";
    return readdirSync(folder).filter((id) => nameOf(`${folder}/${id}/comm`) === "libuv-worker").length;
  } catch {
    // No /proc, so nothing is known.
    return undefined;
  }
}

function nameOf(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    // The thread has ended since the folder was read.
    return "";
  }
}
