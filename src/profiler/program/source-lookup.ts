import { readFileSync, statSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { dirname, isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ownerOf } from "./code-place.ts";

/** A position in a file, both from 1; column 0 where it isn't known. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

interface MappedFile {
  readonly map: SourceMap;
  readonly payload: SourceMapPayload;
  /** What the sources' names are relative to. */
  readonly folder: string;
}

/** Larger files aren't read: bundles of this size are rarely mapped, and text of them is of no use in a report. */
const maxBytes = 64 * 1024 * 1024;
/** A line longer than this is a bundle's: its text says nothing about one place in it. */
const maxLine = 400;

/**
 * Lines of the program's files, and where code stood before it was compiled, by the maps that its files name. What
 * can't be read or isn't a map leaves positions as they are: the report is about code that ran, with or without sources.
 */
export class SourceLookup {
  readonly #lines = new Map<string, readonly string[] | undefined>();
  readonly #maps = new Map<string, MappedFile | undefined>();

  /** @returns the line's text without its indentation; `undefined` when there is none, or it is too long to mean one place */
  line(file: string, line: number): string | undefined {
    const text = this.#linesOf(file)?.[line - 1];
    return text === undefined || text.length > maxLine ? undefined : text.trim();
  }

  /** Where a position of code that ran stands in its source. */
  original(position: SourcePosition): SourcePosition {
    const mapped = this.#mapOf(position.file);
    if (mapped === undefined || position.line < 1) return position;
    const entry = mapped.map.findEntry(position.line - 1, Math.max(0, position.column - 1));
    if (!("originalSource" in entry) || typeof entry.originalSource !== "string") return position;
    return {
      file: this.#sourcePath(mapped, entry.originalSource),
      line: entry.originalLine + 1,
      column: entry.originalColumn + 1,
    };
  }

  /** Where a line of code that ran begins in its source. */
  originalLine(file: string, line: number): number {
    const text = this.#linesOf(file)?.[line - 1];
    if (line < 1 || text === undefined || text.length > maxLine) return line;
    return this.original({ file, line, column: text.length - text.trimStart().length + 1 }).line;
  }

  #linesOf(file: string): readonly string[] | undefined {
    if (!this.#lines.has(file)) this.#lines.set(file, readText(file)?.split(/\r?\n/));
    return this.#lines.get(file);
  }

  #mapOf(file: string): MappedFile | undefined {
    if (!this.#maps.has(file)) this.#maps.set(file, this.#readMap(file));
    return this.#maps.get(file);
  }

  #readMap(file: string): MappedFile | undefined {
    const lines = this.#linesOf(file) ?? [];
    const comment = lines.findLast((line) => /^\/\/[#@]\s*sourceMappingURL=/.test(line));
    const url = comment?.slice(comment.indexOf("=") + 1).trim();
    if (url === undefined) return undefined;
    const inline = /^data:application\/json(?:;charset=[^;,]*)?(;base64)?,(.*)$/s.exec(url);
    try {
      const path = resolve(dirname(file), decodeURIComponent(url));
      const text =
        inline === null
          ? readText(path)
          : inline[1] === undefined
            ? decodeURIComponent(inline[2] ?? "")
            : Buffer.from(inline[2] ?? "", "base64").toString("utf8");
      if (text === undefined) return undefined;
      // Some servers put a line before it that keeps it from being run as a script.
      const payload = JSON.parse(text.replace(/^\)\]\}'[^\n]*\n/, "")) as SourceMapPayload;
      return { map: new SourceMap(payload), payload, folder: dirname(inline === null ? path : file) };
    } catch {
      // A damaged map: the code that ran is what can be told of.
      return undefined;
    }
  }

  /** Text of a source that isn't there as a file is taken from the map. */
  #sourcePath({ payload, folder }: MappedFile, source: string): string {
    const path = sourcePath(folder, payload.sourceRoot ?? "", source);
    if (!this.#lines.has(path)) {
      const content = payload.sourcesContent?.[payload.sources?.indexOf(source) ?? -1];
      this.#lines.set(path, readText(path)?.split(/\r?\n/) ?? content?.split(/\r?\n/));
    }
    return path;
  }
}

function sourcePath(folder: string, root: string, source: string): string {
  if (source.startsWith("file://")) return fileURLToPath(source);
  if (isAbsolute(source) || /^[a-z][a-z\d+.-]*:/i.test(source)) return source;
  return root.startsWith("file://") ? resolve(fileURLToPath(root), source) : resolve(folder, root, source);
}

/** @returns `undefined` for what isn't a readable file of sensible size */
function readText(file: string): string | undefined {
  const owner = ownerOf(file);
  if (owner === "none" || owner === "node" || !isAbsolute(file)) return undefined;
  try {
    const { size } = statSync(file, { throwIfNoEntry: false }) ?? { size: Number.POSITIVE_INFINITY };
    return size <= maxBytes ? readFileSync(file, "utf8") : undefined;
  } catch {
    // Gone or forbidden since it ran: the report goes without its text.
    return undefined;
  }
}
