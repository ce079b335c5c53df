/** The least that any system takes for arguments and environment together, and Linux for one of them; bytes. */
export const certainArgumentBytes = 128 * 1024;

/** What a system has to copy to start a program: each text with its end and its address. @returns bytes */
export function argumentBytes(args: readonly string[], env: Readonly<NodeJS.ProcessEnv>): number {
  let bytes = 0;
  for (const text of args) bytes += Buffer.byteLength(text) + 1 + 8;
  for (const [name, value] of Object.entries(env)) bytes += Buffer.byteLength(`${name}=${value}`) + 1 + 8;
  return bytes;
}
