import { closeSync, constants, openSync, readFileSync, type Stats, statSync } from "node:fs";

/**
 * Text of a regular file. A FIFO or a device may have nobody who writes, and to open one may do something.
 * @throws {Error} saying what the path is where it is no regular file; what the system says where it can't be read
 */
export function regularFileText(path: string): string {
  const found = statSync(path);
  // The system has words for a folder of its own.
  if (!found.isFile() && !found.isDirectory()) throw new Error(`it is ${kindOf(found)}, not a regular file`);
  // Should a FIFO have come in between, this waits for no writer. Windows has neither.
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    return readFileSync(descriptor, "utf8");
  } finally {
    closeSync(descriptor);
  }
}

/** Whether there is a file that could be read so. */
export function isRegularFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function kindOf(found: Stats): string {
  if (found.isFIFO()) return "a FIFO";
  if (found.isSocket()) return "a socket";
  return "a device";
}
