import type { Tool } from "../tool.ts";
import queryFile from "./coding-assistant.queries.json" with { type: "json" };
import toolFile from "./coding-assistant.tools.json" with { type: "json" };

/** A query with the tools that it should find, none where nothing fits. */
export interface ExampleQuery {
  readonly query: string;
  readonly tools: readonly string[];
}

/** 120 tools of a coding assistant with their schemas, as MCP's `tools/list` would give them. */
export const codingAssistantTools: readonly Tool[] = toolFile.tools;

/** 225 queries to them: most for one tool, some for two or three, some misspelt, some that no tool fits. */
export const codingAssistantQueries: readonly ExampleQuery[] = queryFile.queries;
