import type { CodePlace, FlameTree } from "../profiler/program/index.ts";
import { escapeHtml } from "./html-text.ts";

/**
 * A flame graph to look into: its data, the canvas that the page's script draws it on, and a box to search in.
 * @param id of the element, unique on the page: letters and digits
 * @param where how a place is written
 */
export function flameGraph(
  id: string,
  { functions, nodes }: FlameTree,
  where: (place: CodePlace) => string,
): string {
  const data = {
    names: functions.map(({ name }) => name),
    places: functions.map(where),
    nodes: nodes.flat(),
  };
  return `<section class="flame" id="${escapeHtml(id)}">
<p class="flame-bar"><label>Search <input type="search" autocomplete="off" spellcheck="false"></label>
<button type="button">Whole</button> <output></output></p>
<canvas tabindex="0" role="application" aria-label="Flame graph: arrow keys move, Enter zooms in, Escape zooms out, slash searches"></canvas>
<p class="flame-about" role="status"></p>
<script type="application/json">${scriptSafe(data)}</script>
</section>`;
}

/** JSON within a script element: nothing in it can end the element or begin a comment. */
const scriptSafe = (value: object): string =>
  JSON.stringify(value)
    .replaceAll("<", "\\u003c")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");

export const flameStyle = `
.flame canvas { display: block; width: 100%; background: var(--panel); border-radius: .4rem; cursor: pointer; }
.flame canvas:focus-visible { outline: 2px solid var(--optimized); outline-offset: 2px; }
.flame-bar { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; }
.flame-bar input, .flame-bar button { font: inherit; color: inherit; background: var(--panel);
  border: 1px solid var(--line); border-radius: .3rem; padding: .2rem .5rem; }
.flame-about { min-height: 3em; color: var(--soft); font-size: .9rem; }
.advice li { margin: .75rem 0; } .advice code { font-weight: 600; } code { font: .9em ui-monospace, monospace; }
`;
