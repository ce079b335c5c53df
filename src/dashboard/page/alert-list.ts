import type { AlertRow } from "../wire.ts";
import { element } from "./element.ts";
import { clock, labelText, quantity, span } from "./format.ts";

const icons: Readonly<Record<string, string>> = { critical: "⛔", warning: "⚠" };

/** Alerts that are pending or firing, the firing ones first. */
export function alertList(alerts: readonly AlertRow[]): HTMLElement {
  const isFiring = ({ state }: AlertRow): number => (state === "firing" ? 0 : 1);
  const sorted = [...alerts].sort((a, b) => isFiring(a) - isFiring(b) || a.sinceMs - b.sinceMs);
  return element(
    "ul",
    { class: "alerts" },
    ...sorted.map(({ rule, severity, state, sinceMs, value, reason, labels }) => {
      const tone =
        severity === "critical" && state === "firing"
          ? "critical"
          : state === "firing"
            ? "warning"
            : "pending";
      const about = [labelText(labels), value === null ? "" : quantity(value, "")]
        .filter(Boolean)
        .join(" · ");
      return element(
        "li",
        { class: `alert ${tone}` },
        element("span", { class: "icon", "aria-hidden": true }, icons[tone] ?? "…"),
        element(
          "div",
          {},
          element("strong", {}, rule),
          element("span", { class: "tag" }, `${severity}, ${state}`),
          element("p", {}, reason),
          about === "" ? "" : element("p", { class: "soft" }, about),
        ),
        element("time", { class: "soft", title: clock(sinceMs) }, `for ${span(Date.now() - sinceMs)}`),
      );
    }),
  );
}
