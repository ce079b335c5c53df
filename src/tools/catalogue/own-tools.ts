import { InvalidToolError } from "../../errors.ts";
import { rejectType } from "../../options.ts";
import { thrownText } from "../../thrown-text.ts";
import type { JsonSchema, Tool } from "../tool.ts";
import { checkTool, checkTools, schemaJson } from "./tool-check.ts";

/**
 * Copies of tools with what is known of one and nothing else: a handler, a client or its credentials stay with whoever
 * holds the originals. Each property was read once, so that all that is made of a tool later agrees, whatever becomes of them.
 * @throws {TypeError} when it is no array
 * @throws {InvalidToolError} when one is no tool, or can't be read
 * @throws {DuplicateToolError} when a name comes twice
 */
export function ownTools(tools: readonly Tool[]): readonly Tool[] {
  if (!Array.isArray(tools)) rejectType("tools", "an array of tools", tools);
  const own = Array.from(tools as readonly Tool[], ownTool);
  checkTools(own);
  return own;
}

function ownTool(tool: Tool, index: number): Tool {
  const { name, title, description, inputSchema, server, pinned } = properties(tool, index);
  return {
    name,
    ...(title != null && { title }),
    ...(description != null && { description }),
    ...(inputSchema !== undefined && { inputSchema: ownSchema({ name, inputSchema }, index) }),
    ...(server != null && { server }),
    ...(pinned != null && { pinned }),
  };
}

function properties(tool: Tool, index: number): Tool {
  if (typeof tool !== "object" || tool === null) checkTool(tool, index);
  try {
    const { name, title, description, inputSchema, server, pinned } = tool;
    return { name, title, description, inputSchema, server, pinned } as Tool;
  } catch (error) {
    throw new InvalidToolError(index, "", thrownText(error));
  }
}

/** As `JSON.stringify` sees it, once it is known to have an end. */
function ownSchema(tool: Tool, index: number): JsonSchema {
  checkTool(tool, index);
  schemaJson(tool, index);
  try {
    return JSON.parse(JSON.stringify(tool.inputSchema)) as JsonSchema;
  } catch (error) {
    throw new InvalidToolError(index, "inputSchema", thrownText(error));
  }
}
