import type { Labels } from "./metric.ts";
import { prometheusLabel } from "./prometheus-name.ts";

const lasting = new WeakMap<Labels, string>();

/**
 * Labels as both of Prometheus' formats write them between braces: `a="1",b="2"`.
 * @param isLasting the same object comes again, so its text is kept as long as it lives
 */
export function labelText(labels: Labels, isLasting: boolean): string {
  if (!isLasting) return pairs(labels);
  let text = lasting.get(labels);
  if (text === undefined) {
    text = pairs(labels);
    lasting.set(labels, text);
  }
  return text;
}

function pairs(labels: Labels): string {
  const values = new Map<string, string>();
  for (const [label, value] of Object.entries(labels)) {
    const name = prometheusLabel(label);
    const taken = values.get(name);
    // Two names that are written alike: OpenTelemetry says to join their values.
    values.set(name, taken === undefined ? value : `${taken};${value}`);
  }
  return Array.from(values, ([name, value]) => `${name}="${escapeQuoted(value)}"`).join(",");
}

/** For a text between quotes. */
export const escapeQuoted = (text: string): string =>
  text.toWellFormed().replace(/[\\\n"]/g, (char) => (char === "\n" ? "\\n" : `\\${char}`));

/** For a text that goes to the end of its line. */
export const escapeLine = (text: string): string =>
  text.toWellFormed().replace(/[\\\n]/g, (char) => (char === "\n" ? "\\n" : "\\\\"));
