import { readFileSync } from "node:fs";

/** One statement of `test/fixtures/sql`, with what is expected of it. */
export interface CorpusCase {
  readonly sql: string;
  /** Ids of tables; undefined when the case doesn't say. */
  readonly reads: readonly string[] | undefined;
  readonly writes: readonly string[] | "all" | undefined;
  readonly kind: string | undefined;
  /** Part of the reason why it can't be cached. */
  readonly reason: string | undefined;
  readonly point: { readonly table: string; readonly param: number } | undefined;
  readonly params: readonly unknown[];
  /** The server can't run it here, or refuses it. */
  readonly fails: boolean;
}

const folder = new URL("../fixtures/sql/", import.meta.url);

export const corpusText = (file: string): string => readFileSync(new URL(file, folder), "utf8");

/**
 * Reads cases: a comment line `-- key: value; key: value`, then the statement, then an empty line.
 * Tables are in schema `public` unless they say another.
 */
export function corpus(file: string): CorpusCase[] {
  return corpusText(file)
    .split(/\n\n+/)
    .filter((block) => block.trim() !== "")
    .map((block) => {
      const [head = "", ...lines] = block.trimEnd().split("\n");
      const given = new Map<string, string>();
      for (const part of head.replace(/^-- /, "").split(/;\s*(?=\w+:)/)) {
        const [key = "", value = ""] = part.split(/:(.*)/s);
        given.set(key.trim(), value.trim());
      }
      const writes = given.get("writes");
      const [, table = "", param] = /^(.*) (\d+)$/.exec(given.get("point") ?? "") ?? [];
      return {
        sql: lines.join("\n"),
        reads: ids(given.get("reads")),
        writes: writes === "all" ? "all" : ids(writes),
        kind: given.get("kind"),
        reason: given.get("reason"),
        point: param === undefined ? undefined : { table: id(table), param: Number(param) },
        params: JSON.parse(given.get("params") ?? "[]") as unknown[],
        fails: given.get("fails") === "true",
      };
    });
}

const id = (name: string): string => (name.includes(".") ? name : `public.${name}`);

function ids(names: string | undefined): string[] | undefined {
  return names
    ?.split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "")
    .map(id)
    .sort();
}
