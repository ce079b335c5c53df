/**
 * Writes `grafana/victor-dashboard.json` and `grafana/victor-rules.yml` from the metrics that the toolkit has.
 * A test compares the files with what this would write.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { grafanaDashboard } from "../src/metrics/export/grafana/grafana-dashboard.ts";
import { metricList } from "../src/metrics/export/grafana/metric-list.ts";
import { prometheusRules } from "../src/metrics/export/grafana/prometheus-rules.ts";
import { showcaseRegistry } from "./showcase-registry.ts";

const folder = join(import.meta.dirname, "..", "grafana");
await using showcase = await showcaseRegistry();
const metrics = metricList(showcase.registry);
writeFileSync(
  join(folder, "victor-dashboard.json"),
  `${JSON.stringify(grafanaDashboard(metrics), null, 2)}\n`,
);
writeFileSync(join(folder, "victor-rules.yml"), prometheusRules(metrics));
console.log(`${metrics.length} metrics are in grafana/victor-dashboard.json and grafana/victor-rules.yml`);
