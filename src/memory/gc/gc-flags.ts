/** Reading and rewriting V8's flags, which may be spelt with hyphens or underscores. */

/** Value of the last flag of that name; `undefined` where there is none, or 0, which stands for V8's default. */
export function flagMib(flags: readonly string[], name: string): number | undefined {
  const flag = flags.findLast((text) => nameOf(text) === name);
  const value = Number.parseFloat(flag?.slice(flag.indexOf("=") + 1) ?? "");
  return value > 0 ? value : undefined;
}

/** `flags` without those that `others` set. */
export function withoutFlags(flags: readonly string[], others: readonly string[]): string[] {
  const names = new Set(others.map(nameOf));
  return flags.filter((flag) => !names.has(nameOf(flag)));
}

/** Flags that this process was started with, the stronger last. */
export function startFlags(
  env: Readonly<NodeJS.ProcessEnv> = process.env,
  execArgv: readonly string[] = process.execArgv,
): string[] {
  return [...(env.NODE_OPTIONS ?? "").split(/\s+/), ...execArgv].filter((flag) => flag.startsWith("--"));
}

function nameOf(flag: string): string {
  const end = flag.indexOf("=");
  const name = end === -1 ? flag : flag.slice(0, end);
  return name.replace(/^--/, "").replaceAll("_", "-");
}
