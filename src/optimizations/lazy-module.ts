import { createRequire } from "node:module";

const load = createRequire(import.meta.url);
/** Sources run as they are in a checkout, and as JavaScript once built. */
const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";

/**
 * A module of this package, loaded now: what a program never needs must cost its start nothing.
 * @param path from this folder, without extension
 */
export function lazyModule<T>(path: string): T {
  return load(path + extension) as T;
}
