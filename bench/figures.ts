/** How all benchmarks here print what they measured. */
import { readFileSync } from "node:fs";
import { type ArmResult, markdownTable, median } from "../src/measure/index.ts";

/** Measured at least so often, each time in fresh processes, as the bars ask. */
export const processes = 5;

/** Median of all rounds, nanoseconds for an operation. */
export function nsOf({ wallNs }: ArmResult): number {
  return median(wallNs.flat());
}

/** Millions of operations a second. */
export function formatMops(arm: ArmResult): string {
  return (1000 / nsOf(arm)).toFixed(1);
}

export function met(bar: string, isMet: boolean, measured: string): string {
  return `${bar}: ${isMet ? "met" : "missed"} (${measured})`;
}

export function print(
  title: string,
  headers: readonly string[],
  rows: readonly (readonly string[])[],
  bars: readonly string[],
  warnings: readonly string[],
): void {
  console.log(`### ${title}\n`);
  console.log(markdownTable(headers, rows));
  if (bars.length > 0) console.log(`\n${bars.map((bar) => `- ${bar}`).join("\n")}`);
  for (const warning of grouped(warnings)) console.log(`\nWarning: ${warning}`);
  console.log();
}

/** The runner warns of each arm; on a busy machine all of them spread, which one sentence says as well. */
function grouped(warnings: readonly string[]): readonly string[] {
  const arms = Map.groupBy(warnings, (warning) => warning.slice(warning.lastIndexOf("; ") + 2));
  return Array.from(arms, ([advice, all]) =>
    all.length === 1
      ? all[0]!
      : `${advice} (of ${all.length} arms, such as ${all[0]!.replace(`; ${advice}`, "")})`,
  );
}

/** Name and version of an installed package. */
export function named(name: string): string {
  const path = new URL(`./node_modules/${name}/package.json`, import.meta.url);
  return `${name} ${(JSON.parse(readFileSync(path, "utf8")) as { version: string }).version}`;
}
