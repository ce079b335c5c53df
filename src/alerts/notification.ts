import type { Labels } from "../metrics/index.ts";
import type { AlertRule, Severity } from "./rule.ts";

/** An alert began to fire, or was resolved. Plain data. */
export interface AlertNotification {
  /** The same for the firing and the resolve of one alert; unique. */
  readonly id: string;
  readonly state: "firing" | "resolved";
  readonly rule: string;
  readonly kind: AlertRule["kind"];
  readonly severity: Severity;
  /** Of the series; empty for a rule about many together. */
  readonly labels: Labels;
  /** What was looked at; `null` when it isn't known. */
  readonly value: number | null;
  /** One sentence for people. */
  readonly reason: string;
  /** When it happened, milliseconds since 1970 by the machine's calendar clock: for people, never for durations. */
  readonly atUnixMs: number;
  /** How long it fired, ms; 0 in a firing. */
  readonly firedForMs: number;
}

/** Where notifications go. */
export interface AlertSink {
  /** For counts and messages; two sinks of a monitor have different ones. */
  readonly name: string;
  /**
   * Is called for one notification at a time. What it throws or rejects with is counted as failed; it isn't tried again.
   * @param signal aborts when its time is up, or the monitor closes in haste
   */
  notify(notification: AlertNotification, signal: AbortSignal): void | Promise<void>;
}

/** @returns one line, safe to print whatever the labels hold */
export function notificationText(notification: AlertNotification): string {
  const { state, severity, rule, labels, reason, firedForMs } = notification;
  const of = Object.keys(labels).length === 0 ? "" : ` ${JSON.stringify(labels)}`;
  const after = state === "resolved" ? ` after ${Math.round(firedForMs / 1000)} s` : "";
  return printable(`${state.toUpperCase()}${after} [${severity}] ${rule}${of}: ${reason}`);
}

/** Line breaks, and what a terminal would obey, as escapes. */
function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (char) => `\\u${char.codePointAt(0)!.toString(16).padStart(4, "0")}`,
  );
}
