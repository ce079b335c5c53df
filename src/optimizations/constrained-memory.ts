/** Bytes that the process may use, by its control group or the machine. */
export function constrainedMemoryBytes(): number {
  const { totalmem } = process.getBuiltinModule("node:os");
  // Without a limit Node answers 0, or more than there is.
  const allowed = process.constrainedMemory();
  return allowed > 0 ? Math.min(allowed, totalmem()) : totalmem();
}
