/** Runs the unit tests on the lowest and on the newest supported Node. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const root = join(import.meta.dirname, "..");
const versions = ["24.10.0", "26"];

for (const version of versions) {
  const folder = mkdtempSync(join(tmpdir(), "victor-node-"));
  try {
    // npm 11 runs only the install scripts that a package names.
    writeFileSync(
      join(folder, "package.json"),
      JSON.stringify({ private: true, allowScripts: { node: true } }),
    );
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", `node@${version}`], {
      cwd: folder,
      stdio: "inherit",
    });
    const bin = join(folder, "node_modules", ".bin");
    const node = join(bin, "node");
    console.log(`Unit tests on Node ${execFileSync(node, ["--version"], { encoding: "utf8" }).trim()}`);
    execFileSync(node, [join(root, "node_modules", "vitest", "vitest.mjs"), "run", "test/unit"], {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
