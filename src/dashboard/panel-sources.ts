import { type LeakSuspect, siteText } from "../memory/index.ts";
import { thrownText } from "../thrown-text.ts";
import type { AlertRow, Panels, PanelTable } from "./wire.ts";

/** An alert that is pending or firing, as `AlertMonitor.active()` gives it. */
export interface AlertView {
  readonly rule: string;
  /** `critical` and `warning` have colours of their own. */
  readonly severity: string;
  readonly state: string;
  /** When that state began, ms since 1970. */
  readonly sinceMs: number;
  /** What the rule looks at; NaN or `undefined` when it isn't known. */
  readonly value: number | undefined;
  readonly reason: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A slow execution, as `DatabaseOptimizer.getSlowQueries()` gives it. */
export interface SlowQueryView {
  readonly fingerprint: string;
  readonly durationMs: number;
  readonly when: Date;
  readonly rows: number;
  readonly failed: boolean;
  readonly plan?: string | undefined;
}

/** Something that seems to leak, as `LeakDetector.report().suspects` has it. */
export type LeakSuspectView = Pick<
  LeakSuspect,
  "constructorName" | "site" | "rate" | "severity" | "nextStep"
>;

/** A feature that is being switched on step by step. */
export interface RolloutView {
  readonly name: string;
  readonly state: string;
  /** Share of the traffic that has it, 0 to 1. */
  readonly share?: number | undefined;
  /** Why it is in that state. */
  readonly reason?: string | undefined;
}

/** What the dashboard shows beside the registry; each is asked once a sample while somebody looks. */
export interface PanelSources {
  readonly alerts?: { active(): readonly AlertView[] } | undefined;
  readonly slowQueries?: (() => readonly SlowQueryView[]) | undefined;
  readonly leakSuspects?: (() => readonly LeakSuspectView[]) | undefined;
  readonly rollouts?: (() => readonly RolloutView[]) | undefined;
}

/** Rows of one panel that are shown. */
const maxRows = 50;
const maxText = 2_000;

const text = (value: unknown): string => {
  const whole = String(value ?? "");
  return whole.length > maxText ? `${whole.slice(0, maxText - 1)}…` : whole;
};
const number = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null;

export function readPanels(sources: PanelSources): Panels {
  const failed: string[] = [];
  const read = <Row, Shown>(
    title: string,
    source: (() => readonly Row[]) | undefined,
    show: (rows: readonly Row[]) => Shown,
  ): Shown | undefined => {
    if (source === undefined) return undefined;
    try {
      const rows = source();
      if (rows instanceof Promise) {
        // A rejection nobody handles would end the process.
        rows.catch(() => undefined);
        throw new TypeError("it gave a promise, which nobody waits for");
      }
      return rows.length === 0 ? undefined : show(rows.slice(0, maxRows));
    } catch (error) {
      // Told on the page, where it is missed: the others go on.
      failed.push(`${title}: ${text(thrownText(error))}`);
      return undefined;
    }
  };
  const { alerts } = sources;
  const panels = {
    alerts: read("Alerts", alerts && (() => alerts.active()), (rows) => rows.map(alertRow)),
    slowQueries: read("Slow queries", sources.slowQueries, slowQueryTable),
    leakSuspects: read("Leak suspects", sources.leakSuspects, leakTable),
    rollouts: read("Rollouts", sources.rollouts, rolloutTable),
    failed: failed.length === 0 ? undefined : failed,
  };
  return Object.fromEntries(Object.entries(panels).filter(([, shown]) => shown !== undefined));
}

function alertRow(alert: AlertView): AlertRow {
  const labels = Object.entries(alert.labels ?? {}).slice(0, 20);
  return {
    rule: text(alert.rule),
    severity: text(alert.severity),
    state: text(alert.state),
    sinceMs: Math.round(alert.sinceMs),
    value: number(alert.value),
    reason: text(alert.reason),
    labels: Object.fromEntries(labels.map(([label, value]) => [text(label), text(value)])),
  };
}

const slowQueryTable = (rows: readonly SlowQueryView[]): PanelTable => ({
  columns: [
    { title: "Statement" },
    { title: "Took", unit: "ms" },
    { title: "Rows", unit: "{row}" },
    { title: "Ended", unit: "time" },
    { title: "Plan" },
  ],
  rows: rows.map(({ fingerprint, durationMs, rows: count, when, failed, plan }) => [
    failed ? `${text(fingerprint)} (failed)` : text(fingerprint),
    number(durationMs),
    number(count),
    number(when.getTime()),
    text(plan),
  ]),
});

const leakTable = (rows: readonly LeakSuspectView[]): PanelTable => ({
  columns: [
    { title: "Suspect" },
    { title: "Growth", unit: "By/s" },
    { title: "Severity" },
    { title: "Made at" },
    { title: "Next step" },
  ],
  rows: rows.map(({ constructorName = "objects", rate, severity, site, nextStep }) =>
    [
      text(constructorName),
      number(rate.bytes),
      text(severity),
      site && text(siteText(site)),
      text(nextStep),
    ].map((cell) => cell ?? ""),
  ),
});

const rolloutTable = (rows: readonly RolloutView[]): PanelTable => ({
  columns: [{ title: "Feature" }, { title: "State" }, { title: "Share", unit: "1" }, { title: "Why" }],
  rows: rows.map(({ name, state, share, reason }) => [text(name), text(state), number(share), text(reason)]),
});
