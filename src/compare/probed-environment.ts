import { fileURLToPath } from "node:url";
import type { ComparedArm } from "./arm.ts";
import { type ProbeSettings, probeVariable } from "./probe-settings.ts";

const path = fileURLToPath(
  new URL(`./probe${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url),
);

/** `--require` and not `--import`, which would load the program itself in another way. */
const probeFlag = `--require "${path.replaceAll(/["\\]/g, "\\$&")}"`;

/** Environment of a program: that of this process, its own, and what loads the probe into its Node processes. */
export function probedEnvironment(arm: ComparedArm, settings: ProbeSettings): NodeJS.ProcessEnv {
  const flags = [process.env.NODE_OPTIONS, probeFlag, arm.nodeFlags].filter((text) => text);
  return {
    ...process.env,
    ...arm.env,
    [probeVariable]: JSON.stringify(settings),
    NODE_OPTIONS: flags.join(" "),
  };
}
