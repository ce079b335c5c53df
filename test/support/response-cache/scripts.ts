import type { Script } from "./script.ts";
import { freshnessScripts } from "./scripts-freshness.ts";
import { headScripts, invalidationScripts } from "./scripts-methods.ts";
import { rangeScripts } from "./scripts-ranges.ts";
import { reuseScripts } from "./scripts-reuse.ts";
import { storingScripts, varyScripts } from "./scripts-storing.ts";
import { validationScripts } from "./scripts-validation.ts";

/** All behaviours, by what they are about. */
export const allScripts: Readonly<Record<string, readonly Script[]>> = {
  freshness: freshnessScripts,
  storing: storingScripts,
  Vary: varyScripts,
  reuse: reuseScripts,
  validation: validationScripts,
  HEAD: headScripts,
  ranges: rangeScripts,
  "unsafe methods": invalidationScripts,
};
