import { accessSync, closeSync, constants, openSync, readSync, realpathSync, statSync } from "node:fs";
import { basename, delimiter, join } from "node:path";
import { flagsBeforeScript } from "./node-options.ts";

/** The program that a command starts. */
export type CommandFile =
  | {
      /** Path of the file, as found. */
      readonly file: string;
      /** `node`: Node itself. `script`: a script that Node runs, by its first line, as npm and npx are. `other`: anything else. */
      readonly kind: "node" | "script" | "other";
      /** Node's flags before the script; empty for other programs. */
      readonly flags: readonly string[];
    }
  /** What a shell would end with: 127 for a file that isn't there, 126 for one that may not be run. */
  | { readonly exitCode: 126 | 127; readonly reason: string };

/** Finds the program of a command as a shell would. @param command its name or path, and its arguments, ≥ 1 word */
export function commandFile(command: readonly string[], env: Readonly<NodeJS.ProcessEnv>): CommandFile {
  const [name = "", ...args] = command;
  // On Windows endings and registered programs count, too; starting it will tell.
  if (process.platform === "win32") {
    const isNode = /^node(?:\.exe)?$/i.test(basename(name));
    return { file: name, kind: isNode ? "node" : "other", flags: isNode ? flagsBeforeScript(args) : [] };
  }
  const folders = name.includes("/") ? [""] : (env.PATH ?? "/usr/local/bin:/usr/bin:/bin").split(delimiter);
  let denied: string | undefined;
  for (const folder of name === "" ? [] : folders) {
    // An empty entry of PATH stands for the working folder.
    const file = name.includes("/") ? name : join(folder || ".", name);
    const state = stateOf(file);
    if (state === "absent") continue;
    if (state === "denied") {
      denied ??= file;
      continue;
    }
    const kind = isNode(file) ? "node" : runsByNode(file) ? "script" : "other";
    return {
      file: file === name ? file : file.startsWith("/") ? file : `./${file}`,
      kind,
      flags: kind === "node" ? flagsBeforeScript(args) : [],
    };
  }
  if (denied !== undefined) return { exitCode: 126, reason: `${denied}: permission denied` };
  return { exitCode: 127, reason: `${name}: command not found` };
}

function stateOf(file: string): "there" | "denied" | "absent" {
  try {
    if (statSync(file).isDirectory()) return "denied";
    accessSync(file, constants.X_OK);
    return "there";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES" ? "denied" : "absent";
  }
}

function isNode(file: string): boolean {
  return /^node(?:js)?$/.test(basename(file)) && !startsWith(file, "#!")
    ? true
    : realpathSync(file) === realpathSync(process.execPath);
}

/** Only the usual form, whose `env` and `node` are there: the system says nothing useful about another that fails. */
function runsByNode(file: string): boolean {
  return startsWith(file, "#!/usr/bin/env node\n") && stateOf("/usr/bin/env") === "there";
}

function startsWith(file: string, text: string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch {
    // A program may be runnable and yet not readable; then it is no script.
    return false;
  }
  try {
    const bytes = Buffer.alloc(text.length);
    readSync(descriptor, bytes, 0, bytes.length, 0);
    return bytes.toString("latin1") === text;
  } finally {
    closeSync(descriptor);
  }
}
