/** A JSON Schema, as it came: any keyword, any draft. */
export type JsonSchema = object;

/**
 * A tool as MCP's `tools/list` gives it, and what we know besides. Further properties (`annotations`, `outputSchema`, …) are
 * kept by whoever holds the object, and not read.
 * @see https://modelcontextprotocol.io/specification/2025-06-18/server/tools
 */
export interface Tool {
  /** Unique in a catalogue, 1 to 1,024 characters. */
  readonly name: string;
  /** Its name for people; words of it that the name lacks are searched as the name's are. */
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  /** Of the arguments: an object. Names and descriptions of its properties are searched too. */
  readonly inputSchema?: JsonSchema | undefined;
  /** The MCP server that the tool comes from. */
  readonly server?: string | undefined;
  /** Always among the chosen. @default false */
  readonly pinned?: boolean | undefined;
}

/** A tool's name with the evidence for it. */
export interface ScoredTool {
  readonly name: string;
  /** From 0 to 1, comparable between queries. */
  readonly score: number;
}
