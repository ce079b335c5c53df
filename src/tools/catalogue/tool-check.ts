import { InvalidToolError } from "../../errors.ts";
import type { Tool } from "../tool.ts";
import { canonicalJson } from "./canonical-json.ts";

/** Longest name, and longest description, in UTF-16 units. */
export const toolBounds = Object.freeze({ name: 1024, description: 200_000 });

/**
 * Checks one tool of a list as it came, whoever made it.
 * @param index its place in the list, for the message
 * @returns its input schema as canonical JSON; empty when it has none
 * @throws {InvalidToolError} when it is no tool
 */
export function checkTool(tool: unknown, index: number): string {
  if (typeof tool !== "object" || tool === null || Array.isArray(tool))
    throw new InvalidToolError(index, "", `expected an object, got ${kindOf(tool)}`);
  const { name, description, inputSchema, server, pinned } = tool as Partial<Record<keyof Tool, unknown>>;
  checkText(index, "name", name, toolBounds.name);
  if (name === "") throw new InvalidToolError(index, "name", "expected a name, got nothing");
  if (description !== undefined) checkText(index, "description", description, toolBounds.description);
  if (server !== undefined) checkText(index, "server", server, toolBounds.name);
  if (pinned !== undefined && typeof pinned !== "boolean")
    throw new InvalidToolError(index, "pinned", `expected true or false, got ${kindOf(pinned)}`);
  return inputSchema === undefined ? "" : checkSchema(index, inputSchema);
}

function checkText(index: number, field: string, value: unknown, longest: number): void {
  if (typeof value !== "string")
    throw new InvalidToolError(index, field, `expected a string, got ${kindOf(value)}`);
  if (value.length > longest)
    throw new InvalidToolError(index, field, `expected up to ${longest} characters, got ${value.length}`);
  if (field === "name" && !value.isWellFormed())
    throw new InvalidToolError(index, field, "expected Unicode, got half of a surrogate pair");
}

function checkSchema(index: number, schema: unknown): string {
  if (typeof schema !== "object" || schema === null || Array.isArray(schema))
    throw new InvalidToolError(index, "inputSchema", `expected an object, got ${kindOf(schema)}`);
  try {
    return canonicalJson(schema);
  } catch (error) {
    throw new InvalidToolError(index, "inputSchema", error instanceof Error ? error.message : String(error));
  }
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? "an array" : `a value of type ${typeof value}`;
}
