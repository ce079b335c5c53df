/**
 * Measures the good and bad pairs of bench/practices/ and writes their tables into docs/, between the markers that each page has:
 * `node scripts/practice-figures.ts`, or of some rooms alone: `node scripts/practice-figures.ts memory network`.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { environment, formatEnvironment } from "../src/measure/index.ts";

const root = join(import.meta.dirname, "..");
export const practiceRooms = ["algorithms", "concurrency", "database", "memory", "network"] as const;

const begin = "<!-- measured by scripts/practice-figures.ts -->";
const end = "<!-- end -->";

/**
 * Puts a table between the markers of a page.
 * @throws {RangeError} when the page doesn't have both, in that order
 */
export function withTable(page: string, table: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) throw new RangeError(`expected ${begin} and, below it, ${end}`);
  return `${page.slice(0, from + begin.length)}\n\n${table.trim()}\n\n${page.slice(to)}`;
}

if (import.meta.main) {
  const asked = process.argv.slice(2);
  const wrong = asked.find((room) => !(practiceRooms as readonly string[]).includes(room));
  if (wrong !== undefined) throw new RangeError(`no room "${wrong}"; there are ${practiceRooms.join(", ")}`);
  for (const room of asked.length === 0 ? practiceRooms : asked) {
    const bench = join(root, "bench", "practices", `${room}.ts`);
    const { status, stdout } = spawnSync(process.execPath, [bench], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (status !== 0) throw new Error(`bench/practices/${room}.ts ended with code ${status}`);
    const path = join(root, "docs", `${room}.md`);
    const where = `\`node scripts/practice-figures.ts ${room}\` on ${formatEnvironment(environment())}:`;
    writeFileSync(path, withTable(readFileSync(path, "utf8"), `${where}\n\n${stdout}`));
    console.log(`${room}: written to docs/${room}.md`);
  }
}
