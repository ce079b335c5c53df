import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ShowcaseRegistry, showcaseRegistry } from "../../../scripts/showcase-registry.ts";
import {
  type GrafanaDashboard,
  grafanaDashboard,
} from "../../../src/metrics/export/grafana/grafana-dashboard.ts";
import { metricList } from "../../../src/metrics/export/grafana/metric-list.ts";
import { prometheusRules } from "../../../src/metrics/export/grafana/prometheus-rules.ts";
import { prometheusText } from "../../../src/metrics/index.ts";
import { machineProgram } from "../../services/machine-package.ts";

const root = join(import.meta.dirname, "../../..");
const file = (name: string): string => readFileSync(join(root, "grafana", name), "utf8");
let showcase: ShowcaseRegistry;
let folder: string;
/** Of every series: its name, and names of labels. */
let series: Map<string, Set<string>>;
beforeAll(async () => {
  showcase = await showcaseRegistry();
  folder = mkdtempSync(join(tmpdir(), "victor-rules-"));
  series = new Map();
  for (const line of prometheusText(showcase.registry).split("\n")) {
    const [, name, labels = ""] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    if (name === undefined) continue;
    const known = series.get(name) ?? new Set(["job", "instance"]);
    series.set(name, known);
    for (const [, label] of labels.matchAll(/([a-zA-Z_]\w*)="(?:[^"\\]|\\.)*"/g)) known.add(label!);
  }
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await showcase?.[Symbol.asyncDispose]();
});

const words = new Set(
  "sum max min by rate increase histogram_quantile topk min_over_time and or unless".split(" "),
);

/** What an expression refers to that isn't there: metrics, or labels that none of its metrics has. */
function missing(expr: string): string[] {
  const plain = expr
    .replace(/"[^"]*"/g, '""')
    .replaceAll("$__rate_interval", "5m")
    .replace(/\[\w+\]/g, "");
  const grouped = [...plain.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list]) => list!.split(", "));
  const matched = [...plain.matchAll(/(\w+)(?==~""|=""|!="")/g)].map(([, label]) => label!);
  const rest = plain.replace(/\bby \([^)]*\)/g, "by").replace(/\{[^}]*\}/g, "");
  const names = [...rest.matchAll(/[a-zA-Z_:][\w:]*/g)]
    .map(([name]) => name)
    .filter((name) => !words.has(name));
  expect(names.length).toBeGreaterThan(0);
  const labels = names.flatMap((name) => [...(series.get(name) ?? [])]);
  return [
    ...names.filter((name) => !series.has(name)),
    ...[...grouped, ...matched].filter((label) => !labels.includes(label)),
  ];
}

function targetsOf(dashboard: GrafanaDashboard): string[] {
  const panels = dashboard.panels.flatMap((panel) => ("panels" in panel ? panel.panels : [panel]));
  return panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
}
const rulesOf = (yaml: string): string[] =>
  [...yaml.matchAll(/^ {8}expr: (".*")$/gm)].map(([, expr]) => JSON.parse(expr!) as string);

function promtoolCheck(yaml: string): { readonly status: number | null; readonly output: string } {
  const path = join(folder, "rules.yml");
  writeFileSync(path, yaml);
  const { status, stdout, stderr } = spawnSync(
    machineProgram("promtool", "prometheus"),
    ["check", "rules", path],
    { encoding: "utf8" },
  );
  return { status, output: stdout + stderr };
}

test("the files in grafana/ are what the metrics of today give: else run scripts/grafana-files.ts", () => {
  const metrics = metricList(showcase.registry);
  expect(JSON.parse(file("victor-dashboard.json"))).toEqual(grafanaDashboard(metrics));
  expect(file("victor-rules.yml")).toBe(prometheusRules(metrics));
});

test("promtool takes the rules", () => {
  const { status, output } = promtoolCheck(file("victor-rules.yml"));
  expect([status, output]).toEqual([0, expect.stringMatching(/SUCCESS: 1\d rules found/)]);
});

test("promtool takes every expression of the dashboard", () => {
  const rules = targetsOf(grafanaDashboard(showcase.registry)).map(
    (expr, i) =>
      `      - record: "panel:${i}"\n        expr: ${JSON.stringify(expr.replaceAll("$__rate_interval", "5m"))}\n`,
  );
  const { status, output } = promtoolCheck(`groups:\n  - name: all\n    rules:\n${rules.join("")}`);
  expect([status, output]).toEqual([0, expect.stringContaining(`SUCCESS: ${rules.length} rules found`)]);
});

test("no expression refers to a metric or a label that isn't there", () => {
  const all = [
    ...targetsOf(grafanaDashboard(showcase.registry)),
    ...rulesOf(prometheusRules(showcase.registry)),
  ];
  expect(all.length).toBeGreaterThan(100);
  expect(all.flatMap((expr) => missing(expr).map((name) => `${name} in ${expr}`))).toEqual([]);
});

test("every metric is in the dashboard", () => {
  const all = targetsOf(grafanaDashboard(showcase.registry)).join("\n");
  const absent = metricList(showcase.registry).filter(
    ({ type, written }) => !all.includes(`${written}${type === "histogram" ? "_bucket" : ""}{`),
  );
  expect(absent).toEqual([]);
});

test("panels have numbers of their own, do not overlap, and are told apart by their titles within a row", () => {
  const { panels } = grafanaDashboard(showcase.registry);
  const flat = panels.flatMap((panel) => ("panels" in panel ? [panel, ...panel.panels] : [panel]));
  expect(new Set(flat.map(({ id }) => id)).size).toBe(flat.length);
  const taken = new Set<string>();
  for (const { gridPos } of panels)
    for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        expect(taken.has(`${x},${y}`)).toBe(false);
        taken.add(`${x},${y}`);
      }
  for (const row of panels)
    if ("panels" in row) {
      const titles = row.panels.map(({ title }) => title);
      expect(titles.filter((title, i) => titles.indexOf(title) !== i)).toEqual([]);
    }
});
