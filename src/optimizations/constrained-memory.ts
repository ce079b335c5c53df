import { totalmem } from "node:os";

/** Bytes that the process may use, by its control group or the machine. */
export function constrainedMemoryBytes(): number {
  // Without a limit Node answers 0, or more than there is.
  const allowed = process.constrainedMemory();
  return allowed > 0 ? Math.min(allowed, totalmem()) : totalmem();
}
