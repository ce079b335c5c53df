import type { PointAccess } from "../statement-facts.ts";
import type { StatementTree } from "./statement-names.ts";
import { timeWords } from "./statement-tree.ts";

/**
 * PostgreSQL takes the text `now` or `today` for the current time wherever a date or time is wanted, and so in a
 * parameter.
 * @returns whether parameters are free of such text, or `undefined` when none of them could matter
 */
export function timeFreeParameters(
  tree: StatementTree,
  point: PointAccess | undefined,
): ((params: readonly unknown[]) => boolean) | undefined {
  // The type of a key's parameter is the key's, which is no time.
  const numbers = [...tree.params.keys()].filter((number) => number - 1 !== point?.param);
  if (numbers.length === 0) return undefined;
  const indices = numbers.map((number) => number - 1);
  return (params) => {
    for (const index of indices) {
      const value = params[index];
      if (typeof value === "string" ? timeWords.test(value) : mayHoldText(value)) return false;
    }
    return true;
  };
}

/** Is there such text inside an array or an object, as the driver would print it? */
function mayHoldText(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof Date || ArrayBuffer.isView(value)) return false;
  if (Array.isArray(value))
    return value.some((item) => (typeof item === "string" ? timeWords.test(item) : mayHoldText(item)));
  if ("toPostgres" in value) return true;
  try {
    return timeWords.test(JSON.stringify(value) ?? "");
  } catch {
    // What has no JSON, the driver itself will refuse.
    return true;
  }
}
