import { type Clock, systemClock } from "../clock.ts";
import { DashboardTokenRequiredError } from "../errors.ts";
import { isLoopback } from "../metrics/endpoint/allowed-host.ts";
import type { MetricRegistry } from "../metrics/registry.ts";
import { callable, integer, knownKeys, reject, rejectType } from "../options.ts";
import type { PanelSources } from "./panel-sources.ts";

export interface DashboardOptions extends PanelSources {
  /** Whose metrics are shown; a `MetricRegistry` is one. */
  readonly registry: Pick<MetricRegistry, "collect">;
  /** 0 takes one that is free. @default 7070 */
  readonly port?: number | undefined;
  /** Address or name to listen on. One that other machines can reach needs a `token`. @default "127.0.0.1" */
  readonly host?: string | undefined;
  /** What a viewer must know, at least 16 characters; without it, whoever can reach the port sees the page. */
  readonly token?: string | undefined;
  /** Further names by which browsers may call the dashboard, such as a proxy's, without port. @default [] */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Stands at the top of the page. @default "victor" */
  readonly title?: string | undefined;
  /** Time from sample to sample, ms, 250 to 60,000. @default 1000 */
  readonly intervalMs?: number | undefined;
  /** How far back the history goes, ms, at most 100,000 samples. @default 3_660_000 (61 minutes) */
  readonly historyMs?: number | undefined;
  /**
   * Series kept at most: one for a counter or a gauge, four for a histogram, and one to five for each sum that is shown.
   * Each takes 4 bytes a sample: 14.6 MB for 1000 of them over 61 minutes at 1 s. @default 1000
   */
  readonly maxSeries?: number | undefined;
  /** Viewers at a time, 1 to 100. @default 16 */
  readonly maxClients?: number | undefined;
  /** Awaited before each sample: brings the registry up to date, where it isn't by itself, and must end by itself. */
  readonly refresh?: (() => Promise<void>) | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

export interface ResolvedOptions extends PanelSources {
  readonly registry: Pick<MetricRegistry, "collect">;
  readonly port: number;
  readonly host: string;
  readonly token: string | undefined;
  readonly allowedHosts: readonly string[];
  readonly title: string;
  readonly intervalMs: number;
  readonly samples: number;
  readonly maxSeries: number;
  readonly maxClients: number;
  readonly refresh: (() => Promise<void>) | undefined;
  readonly clock: Clock;
}

const known = [
  "registry",
  "port",
  "host",
  "token",
  "allowedHosts",
  "title",
  "intervalMs",
  "historyMs",
  "maxSeries",
  "maxClients",
  "refresh",
  "clock",
  "alerts",
  "slowQueries",
  "leakSuspects",
  "rollouts",
];
const minToken = 16;
const maxToken = 512;

/**
 * @throws {TypeError | RangeError} for what is no valid option
 * @throws {DashboardTokenRequiredError} when others could reach it and there is no token
 */
export function resolveOptions(options: DashboardOptions): ResolvedOptions {
  knownKeys("startDashboard", options, known);
  const { registry, token, alerts, slowQueries, leakSuspects, rollouts, refresh } = options;
  if (typeof registry?.collect !== "function") rejectType("registry", "a MetricRegistry", registry);
  if (alerts !== undefined) callable("alerts.active", alerts?.active);
  for (const [name, source] of Object.entries({ slowQueries, leakSuspects, rollouts, refresh }))
    if (source !== undefined) callable(name, source);
  const host = text("host", options.host ?? "127.0.0.1");
  if (token !== undefined) {
    const length = text("token", token).length;
    // The token itself must not come into a message.
    if (length < minToken || length > maxToken)
      reject("token", `${minToken} to ${maxToken} characters`, `${length} characters`);
  } else if (!isLoopback(host)) throw new DashboardTokenRequiredError(host);
  const { allowedHosts = [], clock = systemClock } = options;
  if (!Array.isArray(allowedHosts)) rejectType("allowedHosts", "an array of names", allowedHosts);
  for (const name of allowedHosts) text("allowedHosts", name);
  const intervalMs = integer("intervalMs", options.intervalMs ?? 1000, 250, 60_000);
  const historyMs = integer("historyMs", options.historyMs ?? 3_660_000, intervalMs, 100_000 * intervalMs);
  return {
    registry,
    token,
    alerts,
    slowQueries,
    leakSuspects,
    rollouts,
    refresh,
    host,
    allowedHosts,
    intervalMs,
    clock,
    port: integer("port", options.port ?? 7070, 0, 65_535),
    title: text("title", options.title ?? "victor"),
    samples: Math.ceil(historyMs / intervalMs),
    maxSeries: integer("maxSeries", options.maxSeries ?? 1000, 10, 100_000),
    maxClients: integer("maxClients", options.maxClients ?? 16, 1, 100),
  };
}

function text(name: string, value: unknown): string {
  if (typeof value !== "string" || value === "") rejectType(name, "a text that isn't empty", value);
  return value;
}
