/** Prints what each room of the built package weighs, its imports from the rooms below included. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { gzipSync } from "node:zlib";

const dist = join(import.meta.dirname, "..", "dist");

function reach(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, specifier = ""] of readFileSync(file, "utf8").matchAll(/(?:from|import)\s+"(\.[^"]+)"/g))
    reach(resolve(dirname(file), specifier), seen);
  return seen;
}

const rows = globSync("**/index.js", { cwd: dist })
  .sort()
  .map((entry) => {
    const files = [...reach(join(dist, entry))];
    const code = files.map((file) => readFileSync(file, "utf8")).join("\n");
    return [relative(dist, join(dist, entry)), files.length, code.length, gzipSync(code).length] as const;
  });
console.log("| entry | files | bytes | gzipped |\n|---|---|---|---|");
for (const row of rows) console.log(`| ${row.join(" | ")} |`);
