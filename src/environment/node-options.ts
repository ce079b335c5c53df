/**
 * Splits a text of `NODE_OPTIONS` as Node does: at blanks, except within double quotes, where a backslash takes the next
 * character as it is.
 * @see https://nodejs.org/api/cli.html#node_optionsoptions
 */
export function splitNodeOptions(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    let char = text[i]!;
    if (char === '"') {
      isQuoted = !isQuoted;
      word ??= "";
      continue;
    }
    if (char === " " && !isQuoted) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    if (char === "\\" && isQuoted) char = text[++i] ?? "";
    word = (word ?? "") + char;
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** The same backwards, for one word. */
export function quoteNodeOption(word: string): string {
  return /[\s"\\]/.test(word) || word === "" ? `"${word.replaceAll(/["\\]/g, "\\$&")}"` : word;
}

/** Flags of Node that take the next word as their value, when they aren't written with `=`. Any other word after a flag is the script. */
const takesValue = new Set([
  "-r",
  "--require",
  "--import",
  "-C",
  "--conditions",
  "--env-file",
  "--env-file-if-exists",
  "--loader",
  "--experimental-loader",
  "--input-type",
  "--title",
  "--icu-data-dir",
  "--openssl-config",
  "--max-http-header-size",
  "--stack-trace-limit",
  "--unhandled-rejections",
  "--dns-result-order",
  "--diagnostic-dir",
  "--disable-warning",
  "--redirect-warnings",
  "--inspect-port",
  "--report-dir",
  "--report-directory",
  "--watch-path",
  "--test-reporter",
  "--test-reporter-destination",
  "--test-name-pattern",
  "--test-concurrency",
  "--test-timeout",
  "-e",
  "--eval",
  "-p",
  "--print",
  "-pe",
]);

/** The flags that stand before the script in Node's arguments, each with its value by `=`. */
export function flagsBeforeScript(args: readonly string[]): string[] {
  const flags: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (!word.startsWith("-") || word === "-" || word === "--") break;
    flags.push(takesValue.has(word) && i + 1 < args.length ? `${word}=${args[++i]}` : word);
  }
  return flags;
}

/** Name of a flag: hyphens for underscores, which V8 takes for the same, no value, no leading hyphens. */
export function flagName(flag: string): string {
  const [name = ""] = flag.split("=", 1);
  return name.replace(/^--?/, "").replaceAll("_", "-");
}

/** Value of the last flag of that name; `undefined` where there is none, or none with a value. */
export function flagValue(flags: readonly string[], name: string): string | undefined {
  const flag = flags.findLast((text) => flagName(text) === name);
  const at = flag?.indexOf("=") ?? -1;
  return at === -1 ? undefined : flag?.slice(at + 1);
}

/** @returns the first of `names` that is among `flags` */
export function presentFlag(flags: readonly string[], names: readonly string[]): string | undefined {
  return flags.find((flag) => names.includes(flagName(flag)));
}
