// An `import` of a built-in module reads all that it exports, and so loads what some of them only load when asked.
const { createRequire } = process.getBuiltinModule("node:module");
const load = createRequire(import.meta.url);
/** Sources run as they are in a checkout, and as JavaScript once built. */
const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
/** This module is also part of the one file of auto mode, which lies a folder higher. */
const root = /\/lazy-module\.[jt]s$/.test(import.meta.url) ? "../" : "./";

/**
 * A module of this package, loaded now: what a program never needs must cost its start nothing.
 * @param path from the source folder, without extension
 */
export function lazyModule<T>(path: string): T {
  return load(root + path + extension) as T;
}
