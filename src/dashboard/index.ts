export type { DashboardOptions } from "./dashboard-options.ts";
export type {
  AlertView,
  LeakSuspectView,
  PanelSources,
  RolloutView,
  SlowQueryView,
} from "./panel-sources.ts";
export { type ScrapedMetrics, type ScrapeOptions, scrapeMetrics } from "./scrape/scraped-metrics.ts";
export { type Dashboard, type DashboardStats, startDashboard } from "./start-dashboard.ts";
