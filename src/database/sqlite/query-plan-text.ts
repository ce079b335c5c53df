import type { Row } from "../driver.ts";

/**
 * Draws the rows of EXPLAIN QUERY PLAN as SQLite's own shell does.
 * @see https://www.sqlite.org/eqp.html
 */
export function queryPlanText(rows: readonly Row[]): string {
  const children = Map.groupBy(rows, (row) => row.parent);
  const lines = ["QUERY PLAN"];
  const draw = (parent: unknown, indent: string): void => {
    const siblings = children.get(parent) ?? [];
    for (const row of siblings) {
      const last = row === siblings.at(-1);
      lines.push(`${indent}${last ? "`--" : "|--"}${String(row.detail)}`);
      draw(row.id, `${indent}${last ? "   " : "|  "}`);
    }
  };
  draw(0, "");
  return lines.join("\n");
}
