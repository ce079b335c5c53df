import { randomUUID } from "node:crypto";
import type { Labels } from "../metrics/index.ts";
import { type AlertPhase, AlertState, type AlertTiming } from "./alert-state.ts";
import { labelsKey } from "./series-key.ts";
import type { Observation } from "./tick.ts";

/** An alert began to fire, or ended. */
export interface AlertChange {
  readonly id: string;
  readonly what: "fired" | "resolved" | "lost";
  readonly labels: Labels;
  readonly value: number;
  readonly reason: string;
  /** 0 when it fired just now. */
  readonly firedForMs: number;
}

/** One series' alert. */
interface Alert {
  readonly state: AlertState;
  readonly labels: Labels;
  id: string;
  firedMs: number;
  value: number;
  reason: string;
}

/** The alerts of one rule, one for each series that was ever bad, as long as there is something to remember; bounded. */
export class ActiveAlerts {
  readonly #timing: AlertTiming;
  readonly #most: number;
  readonly #alerts = new Map<string, Alert>();
  #refused = 0;

  /** @param most further alerts are refused */
  constructor(timing: AlertTiming, most: number) {
    this.#timing = timing;
    this.#most = most;
  }

  /** How often there was no room for an alert. */
  get refused(): number {
    return this.#refused;
  }

  count(phase: AlertPhase): number {
    let count = 0;
    for (const { state } of this.#alerts.values()) if (state.phase === phase) count++;
    return count;
  }

  /** Pending and firing ones. */
  *open(): Iterable<{
    readonly phase: AlertPhase;
    readonly sinceMs: number;
    readonly value: number;
    readonly reason: string;
    readonly labels: Labels;
  }> {
    for (const { state, value, reason, labels } of this.#alerts.values())
      if (state.phase !== "inactive")
        yield { phase: state.phase, sinceMs: state.sinceMs, value, reason, labels };
  }

  /** @param observations of one look; alerts that are not among them are not known in it */
  update(nowMs: number, observations: readonly Observation[]): readonly AlertChange[] {
    const changes: AlertChange[] = [];
    const seen = new Set<Alert>();
    for (const observation of observations) {
      const alert = this.#alertOf(observation);
      if (!alert) continue;
      seen.add(alert);
      const what = alert.state.observe(nowMs, observation.outcome);
      if (what === undefined && alert.state.phase === "inactive") continue;
      alert.value = observation.value;
      if (observation.outcome !== "unknown") alert.reason = observation.reason();
      if (what !== undefined) changes.push(this.#change(alert, what, nowMs));
    }
    for (const [key, alert] of this.#alerts) {
      if (!seen.has(alert)) {
        const what = alert.state.observe(nowMs, "unknown");
        alert.value = Number.NaN;
        if (what !== undefined) changes.push(this.#change(alert, what, nowMs));
      }
      if (alert.state.isForgettable(nowMs)) this.#alerts.delete(key);
    }
    return changes;
  }

  /** @returns `undefined` for a series that has no alert and needs none */
  #alertOf({ labels, outcome }: Observation): Alert | undefined {
    if (this.#alerts.size === 0 && outcome !== "bad") return undefined;
    const key = labelsKey(labels);
    const known = this.#alerts.get(key);
    if (known || outcome !== "bad") return known;
    if (this.#alerts.size >= this.#most) {
      this.#refused++;
      return undefined;
    }
    const alert = {
      state: new AlertState(this.#timing),
      labels: Object.freeze({ ...labels }),
      id: "",
      firedMs: 0,
      value: Number.NaN,
      reason: "",
    };
    this.#alerts.set(key, alert);
    return alert;
  }

  #change(alert: Alert, what: AlertChange["what"], nowMs: number): AlertChange {
    if (what === "fired") {
      alert.id = randomUUID();
      alert.firedMs = nowMs;
    }
    const { id, labels, value } = alert;
    const reason = what === "lost" ? `nothing is known any more; last: ${alert.reason}` : alert.reason;
    return { id, what, labels, value, reason, firedForMs: nowMs - alert.firedMs };
  }
}
