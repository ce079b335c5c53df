import { DuplicateToolError, InvalidToolError } from "../../errors.ts";
import { rejectType } from "../../options.ts";
import { thrownText } from "../../thrown-text.ts";
import type { Tool } from "../tool.ts";
import { canonicalJson } from "./canonical-json.ts";

/** Longest name, and longest description, in UTF-16 units. */
export const toolBounds = Object.freeze({ name: 1024, description: 200_000 });

/**
 * Checks one tool of a list as it came, whoever made it; of its schema only that it is an object.
 * @param index its place in the list, for the message
 * @throws {InvalidToolError} when it is no tool
 */
export function checkTool(tool: unknown, index: number): asserts tool is Tool {
  if (typeof tool !== "object" || tool === null || Array.isArray(tool))
    throw new InvalidToolError(index, "", `expected an object, got ${kindOf(tool)}`);
  const { name, title, description, inputSchema, server, pinned } = tool as Partial<
    Record<keyof Tool, unknown>
  >;
  checkText(index, "name", name, toolBounds.name);
  if (name === "") throw new InvalidToolError(index, "name", "expected a name, got nothing");
  // Some servers write null for what they don't say.
  if (title != null) checkText(index, "title", title, toolBounds.description);
  if (description != null) checkText(index, "description", description, toolBounds.description);
  if (server != null) checkText(index, "server", server, toolBounds.name);
  if (pinned != null && typeof pinned !== "boolean")
    throw new InvalidToolError(index, "pinned", `expected true or false, got ${kindOf(pinned)}`);
  if (
    inputSchema !== undefined &&
    (typeof inputSchema !== "object" || inputSchema === null || Array.isArray(inputSchema))
  )
    throw new InvalidToolError(index, "inputSchema", `expected an object, got ${kindOf(inputSchema)}`);
}

/**
 * @returns the tool's input schema as canonical JSON; empty when it has none
 * @throws {InvalidToolError} when it is no JSON, contains itself, or is too large
 */
export function schemaJson(tool: Tool, index: number): string {
  if (tool.inputSchema === undefined) return "";
  try {
    return canonicalJson(tool.inputSchema);
  } catch (error) {
    throw new InvalidToolError(index, "inputSchema", thrownText(error));
  }
}

/**
 * Checks a list of tools.
 * @throws {TypeError} when it is no array
 * @throws {InvalidToolError} when one is no tool
 * @throws {DuplicateToolError} when a name comes twice
 */
export function checkTools(tools: unknown): asserts tools is readonly Tool[] {
  if (!Array.isArray(tools)) rejectType("tools", "an array of tools", tools);
  const names = new Set<string>();
  for (const [index, tool] of (tools as readonly unknown[]).entries()) {
    checkTool(tool, index);
    if (names.has(tool.name)) throw new DuplicateToolError(tool.name);
    names.add(tool.name);
  }
}

function checkText(index: number, field: string, value: unknown, longest: number): void {
  if (typeof value !== "string")
    throw new InvalidToolError(index, field, `expected a string, got ${kindOf(value)}`);
  if (value.length > longest)
    throw new InvalidToolError(index, field, `expected up to ${longest} characters, got ${value.length}`);
  if (field === "name" && (!value.isWellFormed() || value.includes("\0")))
    throw new InvalidToolError(index, field, "expected text, got NUL or half of a surrogate pair");
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? "an array" : `a value of type ${typeof value}`;
}
