/** Bytes that the control group allows; `undefined` where it allows all that the machine has. */
export function containerMemoryBytes(): number | undefined {
  const { totalmem } = process.getBuiltinModule("node:os");
  // Without a limit Node answers 0, or more than there is.
  const allowed = process.constrainedMemory();
  return allowed > 0 && allowed < totalmem() ? allowed : undefined;
}
