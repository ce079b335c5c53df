/**
 * Runs `victor compare` on programs as they come from npm (test/real-programs/), and prints a table for each. As it is shipped:
 * from the sources, auto mode is forty files instead of one, and takes a program's start ten times as long.
 * What is given after `--` goes to each comparison: `node scripts/compare-programs.ts -- --rounds 5`.
 * `--only name` runs one of them; `--memory-mib 512` runs all within such a container, the comparison itself included.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeMemoryGroup } from "./memory-group.ts";

const root = join(import.meta.dirname, "..");
const home = join(root, "test", "real-programs");
const generated = join(home, "generated");
const script = (name: string, ...path: string[]): string => join(home, "node_modules", name, ...path);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string" }, "memory-mib": { type: "string" } },
});
using group = values["memory-mib"] === undefined ? undefined : makeMemoryGroup(Number(values["memory-mib"]));

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

// The compiler and the formatter get what they get elsewhere, a project of several hundred files: this one.
const sources = join(root, "src");
writeFileSync(
  join(generated, "tsconfig.json"),
  JSON.stringify({
    compilerOptions: {
      ...{ target: "es2024", lib: ["esnext"], module: "nodenext", types: ["node"] },
      ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
      ...{ skipLibCheck: true, allowImportingTsExtensions: true, noEmit: true },
    },
    include: [sources],
    exclude: [join(sources, "kernels", "assembly"), join(sources, "dashboard", "page")],
  }),
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
  "typescript (tsc)": ["--", process.execPath, script("typescript", "bin", "tsc"), "-p", generated],
  prettier: [
    ...["--", process.execPath, script("prettier", "bin", "prettier.cjs")],
    join(sources, "**", "*.ts"),
  ],
};

let failed = false;
try {
  for (const [name, args] of Object.entries(programs)) {
    if (values.only !== undefined && values.only !== name) continue;
    console.log(`### ${name}\n`);
    const compare = [
      ...[process.execPath, join(root, "dist", "cli", "main.js"), "compare", "--fail-on-regression", "0"],
      ...[...positionals, ...args],
    ];
    const [command = "", ...rest] = group?.within(compare) ?? compare;
    const { status } = spawnSync(command, rest, {
      cwd: generated,
      stdio: "inherit",
      env: { ...process.env, UPSTREAM: origin },
    });
    // 1: a metric is worse, which the table says.
    failed ||= status !== 0;
  }
} finally {
  upstream.stdin.end();
}
process.exitCode = failed ? 1 : 0;
