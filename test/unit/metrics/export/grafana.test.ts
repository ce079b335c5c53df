import { expect, test } from "vitest";
import { byName, expression } from "../../../../src/metrics/export/grafana/expression.ts";
import { grafanaDashboard } from "../../../../src/metrics/export/grafana/grafana-dashboard.ts";
import { metricList } from "../../../../src/metrics/export/grafana/metric-list.ts";
import { prometheusRules } from "../../../../src/metrics/export/grafana/prometheus-rules.ts";
import { MetricRegistry } from "../../../../src/metrics/index.ts";

function registryOfOrders(): MetricRegistry {
  const registry = new MetricRegistry();
  registry
    .counter("orders.placed", { help: "Orders.", labels: ["shop.country"] })
    .bind({ "shop.country": "de" });
  registry.histogram("orders.duration", { unit: "s" }).bind();
  return registry;
}

test("the list has each metric once, as Prometheus writes it, with the labels of all its series", () => {
  const registry = new MetricRegistry();
  registry.register({
    name: "two",
    collect: () =>
      [{ a: "1" }, { "b.c": "2" }].map(
        (labels) => ({ type: "counter", name: "jobs", help: "Jobs.", labels, value: 1 }) as const,
      ),
  });
  expect(metricList(registry)).toContainEqual({
    type: "counter",
    name: "jobs",
    unit: "",
    help: "Jobs.",
    labels: ["a", "b_c"],
    written: "jobs_total",
  });
});

test("an expression is written with what is in the list, and not at all where anything is missing", () => {
  const known = byName(metricList(registryOfOrders()));
  expect(expression('rate(<orders.placed;shop_country="de">[5m]) > 0', known, 'job="x"')).toBe(
    'rate(orders_placed_total{job="x",shop_country="de"}[5m]) > 0',
  );
  expect(expression("<orders.duration|sum> / <orders.duration|count>", known)).toBe(
    "orders_duration_seconds_sum / orders_duration_seconds_count",
  );
  expect(expression("<orders.placed> / <orders.cancelled>", known)).toBeUndefined();
  expect(expression("<orders.duration>", known)).toBeUndefined();
  expect(expression("<orders.placed|sum>", known)).toBeUndefined();
});

test("an application's own metrics have a row of their own, and rows without metrics are left out", () => {
  const { panels, title, uid } = grafanaDashboard(registryOfOrders(), { title: "Shop", uid: "shop" });
  expect([title, uid]).toEqual(["Shop", "shop"]);
  expect(panels.map(({ title }) => title)).toEqual(["All of Application"]);
  expect(panels.flatMap((row) => ("panels" in row ? row.panels.map(({ title }) => title) : []))).toEqual([
    "orders.duration",
    "orders.placed",
  ]);
});

test("of nothing there is an empty dashboard, and no rule", () => {
  expect(grafanaDashboard([]).panels).toEqual([]);
  expect(prometheusRules([])).toBe("groups: []\n");
});
