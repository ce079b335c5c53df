import type { Tool } from "../tool.ts";
import { longestEmbedded } from "./embedder.ts";

/** What an embedder is given of a tool: its name in words, its title, its description, and the names of its parameters. */
export function toolText({ name, title, description = "", inputSchema }: Tool): string {
  const { properties } = (inputSchema ?? {}) as { readonly properties?: unknown };
  const parameters =
    typeof properties === "object" && properties !== null && !Array.isArray(properties)
      ? Object.keys(properties).slice(0, 32).join(", ").replaceAll("_", " ")
      : "";
  return [wordsOf(name), title ?? "", description, parameters]
    .filter((part) => part !== "")
    .join(". ")
    .slice(0, longestEmbedded);
}

/** A tool's description as somebody might ask for it: its second half, or the name where there is none. */
export function probeText({ name, description = "" }: Tool): string {
  const words = description.split(/\s+/).filter((word) => word !== "");
  return words.length < 4
    ? wordsOf(name)
    : words
        .slice(words.length >> 1)
        .join(" ")
        .slice(0, longestEmbedded);
}

const wordsOf = (name: string): string =>
  name.replace(/([a-z\d])([A-Z])/g, "$1 $2").replace(/[_\-./:]+/g, " ");
