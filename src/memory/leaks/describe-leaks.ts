import type { PathStep } from "../snapshot/retaining-path.ts";
import { siteText } from "./allocation-site.ts";
import type { GrowthRate, LeakReport, LeakSuspect } from "./leak-report.ts";

/** Says in a few lines of text what a report holds. */
export function describeLeaks(report: LeakReport): string {
  const { status, per, measured, rate, more, suspects, notes } = report;
  const lines = [heading(report)];
  if (status === "not enough evidence" && more !== undefined)
    lines.push(`About ${Number.isNaN(more) ? "" : more} more ${per}s are needed.`.replace("  ", " some "));
  else if (rate !== undefined) lines.push(`${rateText(rate, per)}, over ${Math.round(measured)} ${per}s.`);
  for (const [rank, suspect] of suspects.entries()) lines.push("", ...suspectLines(suspect, rank + 1, per));
  for (const note of notes) lines.push("", `Note: ${note}`);
  return `${lines.join("\n")}\n`;
}

function heading({ status, suspects }: LeakReport): string {
  if (status === "steady") return "No leak that shows: it doesn't grow by enough, or not on and on.";
  if (status === "not enough evidence") return "Not enough evidence yet.";
  return suspects.length === 1 ? "A leak, from one place:" : `A leak, from ${suspects.length} places:`;
}

function suspectLines(
  { constructorName, site, rate, share, severity, retainingPath, nextStep }: LeakSuspect,
  rank: number,
  per: LeakReport["per"],
): string[] {
  return [
    `${rank}. ${constructorName ?? "objects"}, ${rateText(rate, per)} (${Math.round(100 * share)} %), severity ${severity}`,
    ...(site === undefined ? [] : [`   allocated in ${siteText(site)}`]),
    ...(retainingPath === undefined ? [] : [`   held by ${pathText(retainingPath)}`]),
    `   ${nextStep}`,
  ];
}

/** Longer paths lose their middle: a chain of promises or of list nodes has as many steps as it is long. */
const [firstSteps, lastSteps] = [20, 4];

/** `global .registry Registry → .sessions Map → (internal) table → Session` */
export function pathText(path: readonly PathStep[]): string {
  const steps = path.map(({ edge, name }, i) =>
    i === 0 && edge.startsWith("(shortcut)") ? name : `${edge} ${name}`.trim(),
  );
  const left = steps.length - firstSteps - lastSteps;
  if (left > 1) steps.splice(firstSteps, left, `${left} more`);
  return steps.join(" → ");
}

function rateText({ bytes, low, high }: GrowthRate, per: string): string {
  return `${bytesText(bytes)} a${per === "operation" ? "n" : ""} ${per} [${bytesText(low)}, ${bytesText(high)}]`;
}

function bytesText(bytes: number): string {
  const size = Math.abs(bytes);
  if (!Number.isFinite(bytes)) return bytes < 0 ? "−∞" : "∞";
  if (size < 1024) return `${Math.round(bytes)} B`;
  return size < 1_048_576 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`;
}
