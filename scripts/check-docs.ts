/**
 * Runs every ```js and ```ts block of the README and of docs/ (decisions and the generated reference aside) as a module of its own and compares
 * what it prints with the ```text block that follows it. In the expected text, `…` stands for anything on that line.
 */
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const files = globSync(["README.md", "docs/**/*.md"], {
  cwd: root,
  exclude: ["docs/decisions/**", "docs/api/**"],
}).sort();
const block = /^```(js|ts)\n([\s\S]*?)^```\n(?:\s*(?:Output:\s*)?^```text\n([\s\S]*?)^```)?/gm;
const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("…", ".*");

const folder = mkdtempSync(join(tmpdir(), "victor-docs-"));
let passed = 0;
let failed = 0;
try {
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules", "victor-optimizations"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  for (const file of files) {
    const text = readFileSync(join(root, file), "utf8");
    for (const [, language, code = "", expected] of text.matchAll(block)) {
      const line = text.slice(0, text.indexOf(code)).split("\n").length;
      const example = join(folder, `example.${language}`);
      writeFileSync(example, code);
      const { status, stdout, stderr } = spawnSync(process.execPath, [example], {
        cwd: folder,
        encoding: "utf8",
        timeout: 60_000,
        env: { ...process.env, DATABASE_URL: undefined },
      });
      const same =
        expected === undefined || new RegExp(`^${literally(expected.trim())}$`).test(stdout.trim());
      if (status === 0 && same) {
        passed++;
        continue;
      }
      failed++;
      console.error(`${file}:${line}: the example ${status === 0 ? "printed something else" : "failed"}`);
      console.error(stderr || `expected:\n${expected}\ngot:\n${stdout}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} examples ran as printed, ${failed} did not`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
