let load: ((path: string) => unknown) | undefined;

/**
 * A module of this package, loaded now: what a program never needs must cost its start nothing.
 * @param path from the source folder, without extension
 */
export function lazyModule<T>(path: string): T {
  load ??= loader();
  return load(path) as T;
}

/** Made at its first use: what it takes, `import.meta` foremost, costs a start most of a millisecond. */
function loader(): (path: string) => unknown {
  const { url } = import.meta;
  // An `import` of a built-in module reads all that it exports, and so loads what some of them only load when asked.
  const load = process.getBuiltinModule("node:module").createRequire(url);
  // Sources run as they are in a checkout, and as JavaScript once built.
  const extension = url.endsWith(".ts") ? ".ts" : ".js";
  // This module is also part of the one file of auto mode, which lies a folder higher.
  const root = /\/lazy-module\.[jt]s$/.test(url) ? "../" : "./";
  return (path) => load(root + path + extension);
}
