import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { type PreloadSettings, settingsVariable } from "./preload-settings.ts";

/** What to start, and with what environment. */
export interface PreparedCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

const preload = fileURLToPath(
  new URL(`./preload${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url),
);

/**
 * Puts the preload into a command. `--require` and not `--import`: that would load the program itself in another way.
 * @param command ≥ 1 word; where the first isn't Node, the preload goes by `NODE_OPTIONS` to every Node process below
 */
export function prepareCommand(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  settings: Omit<PreloadSettings, "hiddenArguments" | "nodeOptions">,
): PreparedCommand {
  const [file = "", ...rest] = command;
  const isNode = /^node(?:\.exe)?$/i.test(basename(file));
  const flags = isNode ? ["--require", preload] : [];
  const nodeOptions = env.NODE_OPTIONS ?? null;
  const all: PreloadSettings = { ...settings, hiddenArguments: flags.length, nodeOptions };
  // Processes that a recorded program starts are reached by NODE_OPTIONS alone.
  const byOptions = !isNode || settings.children;
  const own = `--require "${preload.replaceAll(/["\\]/g, "\\$&")}"`;
  return {
    file,
    args: [...flags, ...rest],
    env: {
      ...env,
      [settingsVariable]: JSON.stringify(all),
      ...(byOptions && { NODE_OPTIONS: nodeOptions === null ? own : `${nodeOptions} ${own}` }),
    },
  };
}
