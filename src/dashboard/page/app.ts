import type { Hello } from "../wire.ts";
import { Draws } from "./draws.ts";
import { setText } from "./element.ts";
import { clock } from "./format.ts";
import { Older } from "./older.ts";
import { Sections } from "./sections.ts";
import { Store } from "./store.ts";
import { Stream } from "./stream.ts";

const byId = (id: string): HTMLElement => document.getElementById(id)!;

const store = new Store();
const status = byId("status");
let hello: Hello | undefined;
let rangeMs = 300_000;
/** While the page stands still: the time that it stands at. */
let pausedAt: number | undefined;
let isArranged = true;

const view = {
  times: () => store.times,
  to: () => pausedAt ?? store.lastTime,
  // A young history takes the whole width.
  from: () => {
    const to = pausedAt ?? store.lastTime;
    return Math.max(to - rangeMs, Math.min(store.times[0] ?? 0, to - 60_000));
  },
  gapMs: () => 2.5 * (hello?.intervalMs ?? 1_000),
};
const draws = new Draws(() => sections.wantHistory());
const older = new Older(store, () => draws.refresh());
const sections = new Sections(byId("main"), byId("nav"), store, (rows) => older.want(rows), { view, draws });

new Stream({
  hello(given) {
    hello = given;
    setText(byId("title"), given.title);
    document.title = given.title;
    store.begin(given.epoch, given.historyMs / given.intervalMs);
    isArranged = false;
  },
  rows(changes) {
    store.change(changes);
    isArranged = false;
  },
  tick(tick) {
    store.append(tick);
    store.sweep(tick.t - (hello?.historyMs ?? 0));
    document.getElementById("empty")?.remove();
    // Once for all changes since the last sample.
    if (!isArranged) sections.arrange();
    isArranged = true;
    sections.update();
    if (pausedAt === undefined) draws.refresh();
  },
  panels: (panels) => sections.tell(panels),
  state(isConnected) {
    const state = isConnected ? "live" : "lost";
    if (status.dataset.state !== state) {
      status.dataset.state = state;
      setText(status, isConnected ? "live" : `no connection since ${clock(Date.now())}; trying again`);
    }
  },
});

byId("range").addEventListener("change", ({ target }) => {
  rangeMs = Number((target as HTMLInputElement).value);
  draws.refresh();
});

const pause = byId("pause");
pause.addEventListener("click", () => {
  pausedAt = pausedAt === undefined ? store.lastTime : undefined;
  pause.setAttribute("aria-pressed", String(pausedAt !== undefined));
  setText(pause, pausedAt === undefined ? "Pause" : "Go on");
  draws.refresh();
});

const themes = [
  { name: "auto", text: "Auto", label: "Colours: as the system" },
  { name: "light", text: "Light", label: "Colours: light" },
  { name: "dark", text: "Dark", label: "Colours: dark" },
];
const theme = byId("theme");
function showTheme(name: string): void {
  const { text, label } = themes.find((each) => each.name === name) ?? themes[0]!;
  document.documentElement.dataset.theme = name;
  setText(theme, text);
  theme.setAttribute("aria-label", label);
  draws.rebuild();
}
theme.addEventListener("click", () => {
  const at = themes.findIndex(({ name }) => name === document.documentElement.dataset.theme);
  const { name } = themes[(at + 1) % themes.length]!;
  localStorage.setItem("theme", name);
  showTheme(name);
});
showTheme(localStorage.getItem("theme") ?? "auto");
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draws.rebuild());
