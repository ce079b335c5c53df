import type { CallFrame } from "./recorded-thread.ts";

/** A function, or a line of one. */
export interface CodePlace {
  /** Of the function; `(anonymous)` when it has none. */
  readonly name: string;
  /** Path of the file, or a module of Node's such as `node:fs`; empty for what isn't JavaScript. */
  readonly file: string;
  /** From 1; 0 where there is none. */
  readonly line: number;
  /** From 1; 0 where it isn't known. */
  readonly column: number;
}

/**
 * Whose code it is: the program's own, that of packages, Node's, or none (V8's collector, compiler, idle time).
 * @param file of a {@link CodePlace}
 */
export function ownerOf(file: string): "program" | "package" | "node" | "none" {
  if (file === "") return "none";
  if (file.startsWith("node:")) return "node";
  return /[/\\]node_modules[/\\]/.test(file) ? "package" : "program";
}

const longest = 300;

/** A name or pattern as it can be shown: a regular expression may be megabytes, and control characters are no text. */
export function shownText(text: string): string {
  const short = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return short.replaceAll(/\p{Cc}/gu, " ");
}

/** The path of a script's URL. Scripts that are no files keep their scheme alone: the rest of a `data:` URL is code. */
export function fileOf(url: string): string {
  if (url === "" || url.startsWith("node:")) return url;
  if (/^(?:data|blob):/.test(url)) return `${url.slice(0, url.indexOf(":"))}:`;
  if (!url.startsWith("file://")) return shownText(url);
  try {
    return fileUrlPath(url);
  } catch {
    // A URL that names no file of this system is shown as it is.
    return shownText(url);
  }
}

function fileUrlPath(url: string): string {
  const path = decodeURIComponent(new URL(url).pathname);
  return /^\/[A-Za-z]:\//.test(path) ? path.slice(1) : path;
}

/** Where a frame stands in the code that ran. */
export function placeOf({ functionName, url, lineNumber, columnNumber }: CallFrame): CodePlace {
  return {
    name: shownText(functionName) || "(anonymous)",
    file: fileOf(url),
    line: lineNumber + 1,
    column: columnNumber + 1,
  };
}
