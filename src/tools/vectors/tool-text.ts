import type { Tool } from "../tool.ts";
import { longestEmbedded } from "./embedder.ts";

/** What an embedder is given of a tool: its name in words, its description, and the names of its parameters. */
export function toolText({ name, description = "", inputSchema }: Tool): string {
  const words = name.replace(/([a-z\d])([A-Z])/g, "$1 $2").replace(/[_\-./:]+/g, " ");
  const properties = inputSchema?.properties;
  const parameters =
    typeof properties === "object" && properties !== null && !Array.isArray(properties)
      ? Object.keys(properties).slice(0, 32).join(", ").replaceAll("_", " ")
      : "";
  return [words, description, parameters]
    .filter((part) => part !== "")
    .join(". ")
    .slice(0, longestEmbedded);
}
