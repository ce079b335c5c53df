/** One of the programs that are compared. */
export interface ComparedArm {
  /** "without", "with", "loading", "only dns-cache", "a", "b". */
  readonly name: string;
  /** Words to start, or one line for the shell. `{port}` stands for the port that this process gets. */
  readonly command: readonly string[] | string;
  /** Set on top of the environment of this process. */
  readonly env: Readonly<Record<string, string>>;
  /** What its Node processes are started with, as in `NODE_OPTIONS`. */
  readonly nodeFlags?: string;
}

/** Puts a port where `{port}` stands. */
export const withPort = (text: string, port: number | undefined): string =>
  port === undefined ? text : text.replaceAll("{port}", String(port));

/** The command as a person would type it. */
export function commandText(command: ComparedArm["command"]): string {
  if (typeof command === "string") return command;
  return command
    .map((word) => (/^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");
}
