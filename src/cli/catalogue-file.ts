import { readFile } from "node:fs/promises";
import { ToolsFileError } from "../errors.ts";
import type { Tool } from "../tools/tool.ts";

/** @throws {ToolsFileError} when it can't be read */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ToolsFileError(path, code === "ENOENT" ? "no such file" : message, { cause: error });
  }
}

/** @throws {ToolsFileError} when it isn't JSON */
export function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new ToolsFileError(path, `not JSON: ${(error as Error).message}`, { cause: error });
  }
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Reads a catalogue: the result of MCP's `tools/list` as it is, with or without its JSON-RPC envelope; an array of tools,
 * or of such results (pages, or servers); or an object of descriptions by name.
 * @returns tools, whose details the selector checks
 * @throws {ToolsFileError} when the file is none of these
 */
export async function readCatalogue(path: string): Promise<readonly Tool[]> {
  const found = toolsIn(parseJson(path, await readText(path)));
  if (found === undefined)
    throw new ToolsFileError(
      path,
      "no catalogue: expected the result of MCP's tools/list, { tools: [{ name, description, inputSchema }] }, or an array of tools",
    );
  return found;
}

function toolsIn(value: unknown): readonly Tool[] | undefined {
  if (Array.isArray(value)) {
    // What is no page is taken for a tool, so that the selector says which one is wrong, and why.
    return value.flatMap((item: unknown) => pageIn(item) ?? [item as Tool]);
  }
  return pageIn(value) ?? describedIn(value);
}

function pageIn(value: unknown): readonly Tool[] | undefined {
  if (!isRecord(value) || typeof value.name === "string") return undefined;
  const page = isRecord(value.result) ? value.result : value;
  return Array.isArray(page.tools) ? (page.tools as readonly Tool[]) : undefined;
}

function describedIn(value: unknown): readonly Tool[] | undefined {
  // Of JSON-RPC, an answer without tools is no catalogue, and neither is a request.
  if (!isRecord(value) || "jsonrpc" in value) return undefined;
  const entries = Object.entries(value);
  if (entries.length === 0 || !entries.every(([, text]) => typeof text === "string")) return undefined;
  return entries.map(([name, description]) => ({ name, description: description as string }));
}
