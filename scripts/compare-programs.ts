/**
 * Runs `victor compare` on programs as they come from npm (test/real-programs/), and prints a table for each. As it is shipped:
 * from the sources, auto mode is forty files instead of one, and takes a program's start ten times as long.
 * What is given on the command line goes to each comparison: `node scripts/compare-programs.ts --rounds 5`.
 * `--only name` runs one of them.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const root = join(import.meta.dirname, "..");
const home = join(root, "test", "real-programs");
const generated = join(home, "generated");
const script = (name: string, ...path: string[]): string => join(home, "node_modules", name, ...path);

const { values, tokens } = parseArgs({ strict: false, tokens: true, options: { only: { type: "string" } } });
const onlyAt = tokens.find((token) => token.kind === "option" && token.name === "only")?.index;
const passedOn = process.argv
  .slice(2)
  .filter((_, i) => onlyAt === undefined || (i !== onlyAt && i !== onlyAt + 1));

execFileSync(process.execPath, [join(root, "scripts", "build.ts")], { stdio: ["ignore", 2, 2] });
if (!existsSync(join(home, "node_modules", ".package-lock.json")))
  execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], {
    cwd: home,
    stdio: ["ignore", 2, 2],
  });
rmSync(generated, { recursive: true, force: true });
mkdirSync(generated);
execFileSync(process.execPath, [
  script("express-generator", "bin", "express-cli.js"),
  join(generated, "starter"),
]);
writeFileSync(
  join(generated, "db.json"),
  JSON.stringify({
    posts: Array.from({ length: 200 }, (_, i) => ({ id: i + 1, title: `post ${i}`, views: i * 7 })),
  }),
);

// A small project for the compiler, and for the formatter.
for (let i = 0; i < 40; i++)
  writeFileSync(
    join(generated, `part-${i}.ts`),
    `export interface Part${i} {\n  id: number;\n  name: string;\n}\n\nexport const part${i}: Part${i} = { id: ${i}, name: "part ${i}" };\n`,
  );

const upstream = spawn(process.execPath, [join(home, "upstream.ts")], { stdio: ["pipe", "pipe", "inherit"] });
const [port] = (await once(upstream.stdout, "data")) as [Buffer];
const origin = `http://127.0.0.1:${String(port).trim()}`;

/** Name and version, what it is loaded with, and how it is started. */
const programs: Record<string, readonly string[]> = {
  "http-server (proxy)": [
    ...["--url", "http://127.0.0.1:{port}/items", "--", process.execPath],
    ...[script("http-server", "bin", "http-server"), generated, "-s", "-p", "{port}", "--proxy", origin],
  ],
  "cors-anywhere": [
    ...["--script", join(home, "cors-anywhere-load.ts"), "--", process.execPath],
    script("cors-anywhere", "server.js"),
  ],
  "json-server": [
    ...["--url", "http://127.0.0.1:{port}/posts?_limit=10", "--", process.execPath],
    ...[
      script("json-server", "lib", "cli", "bin.js"),
      "--quiet",
      "--port",
      "{port}",
      join(generated, "db.json"),
    ],
  ],
  "express-generator starter": [
    ...["--url", "http://127.0.0.1:{port}/", "--", process.execPath],
    join(generated, "starter", "bin", "www"),
  ],
  "typescript (tsc)": [
    ...["--", process.execPath, script("typescript", "bin", "tsc"), "--noEmit", "--skipLibCheck"],
    ...Array.from({ length: 40 }, (_, i) => join(generated, `part-${i}.ts`)),
  ],
  prettier: [
    ...["--", process.execPath, script("prettier", "bin", "prettier.cjs"), "--check"],
    join(generated, "part-*.ts"),
  ],
};

let failed = false;
try {
  for (const [name, args] of Object.entries(programs)) {
    if (values.only !== undefined && values.only !== name) continue;
    console.log(`### ${name}\n`);
    const { status } = spawnSync(
      process.execPath,
      [join(root, "dist", "cli", "main.js"), "compare", "--fail-on-regression", "0", ...passedOn, ...args],
      { cwd: generated, stdio: "inherit", env: { ...process.env, UPSTREAM: origin } },
    );
    // 1: a metric is worse, which the table says.
    failed ||= status !== 0;
  }
} finally {
  upstream.stdin.end();
}
process.exitCode = failed ? 1 : 0;
