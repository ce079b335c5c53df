import type { PanelTable } from "../wire.ts";
import { element } from "./element.ts";
import { quantity } from "./format.ts";

/** Texts from this length on are folded. */
const longText = 120;

/** A table that the server has put together. On a narrow screen its rows are cards. */
export function dataTable({ columns, rows }: PanelTable): HTMLElement {
  const shown = columns.map((_, i) => rows.some((row) => row[i] !== null && row[i] !== ""));
  const head = columns
    .filter((_, i) => shown[i])
    .map(({ title, unit }) =>
      element("th", { scope: "col", class: unit === undefined ? undefined : "number" }, title),
    );
  const body = rows.map((row) =>
    element(
      "tr",
      {},
      ...columns.flatMap(({ title, unit }, i) => {
        const cell = row[i];
        if (!shown[i]) return [];
        const content = typeof cell === "string" ? folded(cell) : quantity(cell, unit ?? "");
        return [
          element("td", { "data-label": title, class: unit === undefined ? undefined : "number" }, content),
        ];
      }),
    ),
  );
  return element(
    "div",
    { class: "card full" },
    element(
      "table",
      { class: "cards" },
      element("thead", {}, element("tr", {}, ...head)),
      element("tbody", {}, ...body),
    ),
  );
}

function folded(text: string): Node | string {
  if (text.length < longText && !text.includes("\n")) return text;
  const [start = ""] = text.slice(0, 80).split("\n");
  return element("details", {}, element("summary", {}, `${start}…`), element("pre", {}, text));
}
