/**
 * Runs the test suites that some packages ship on npm, without auto mode and with it, and lists each test that ends
 * otherwise. A suite has tests that fail now and then by themselves, so those are run once more each way.
 * `node scripts/package-suites.ts [name…]`; takes minutes for each, and installs what the suites need in a temporary folder.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const autoMode = `--import=${new URL("../dist/auto.js", import.meta.url).href}`;

/** Package, where its tests are, and what runs them. */
const suites = [
  { name: "fastify", version: "5", files: "test/**/*.test.js", runner: "node" },
  { name: "@fastify/reply-from", version: "12", files: "test/**/*.test.js", runner: "node" },
  { name: "@fastify/http-proxy", version: "11", files: "test/**/*.{js,test.js}", runner: "node" },
  { name: "light-my-request", version: "6", files: "test/*.test.js", runner: "node" },
  { name: "pino", version: "10", files: "test/**/*.test.js", runner: "node" },
  { name: "needle", version: "3", files: "test/*_spec.js", runner: "mocha" },
] as const;

type Suite = (typeof suites)[number];

/** How often each test ended how: "ok name", "not ok name". */
type Outcomes = ReadonlyMap<string, number>;

const chosen = process.argv.slice(2);
execFileSync(process.execPath, [join(root, "scripts", "build.ts")], { stdio: ["ignore", 2, 2] });
console.log("| suite | tests | failed without | failed with | ended otherwise, twice |");
console.log("|---|--:|--:|--:|---|");
let differs = false;
for (const suite of suites) {
  if (chosen.length > 0 && !chosen.includes(suite.name)) continue;
  const folder = mkdtempSync(join(tmpdir(), "package-suite-"));
  try {
    const { version, home } = install(suite, folder);
    const outcomes = [false, true].map((on) => run(suite, home, on));
    let other = difference(outcomes[0]!, outcomes[1]!);
    if (other.length > 0) {
      const again = new Set(difference(run(suite, home, false), run(suite, home, true)));
      other = other.filter((test) => again.has(test));
    }
    differs ||= other.length > 0;
    const [without, withAuto] = outcomes.map(failed);
    console.log(
      `| ${suite.name} ${version} | ${sum(outcomes[0]!)} | ${without} | ${withAuto} | ${other.join("; ") || "none"} |`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
process.exitCode = differs ? 1 : 0;

function install({ name, version }: Suite, folder: string): { version: string; home: string } {
  const npm = (cwd: string, ...args: string[]): unknown =>
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--force", ...args], {
      cwd,
      stdio: ["ignore", 2, 2],
    });
  writeFileSync(join(folder, "package.json"), "{}");
  npm(folder, `${name}@${version}`);
  const home = join(folder, "suite");
  cpSync(join(folder, "node_modules", name), home, { recursive: true });
  npm(home);
  const manifest: { version: string } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  return { version: manifest.version, home };
}

function run({ files, runner }: Suite, cwd: string, withAuto: boolean): Outcomes {
  const paths = globSync(files, { cwd });
  const args =
    runner === "node"
      ? ["--test", "--test-reporter=tap", ...paths]
      : [join("node_modules", "mocha", "bin", "mocha.js"), "--exit", "--reporter=tap", ...paths];
  const { stdout } = spawnSync(process.execPath, args, {
    cwd,
    encoding: "utf8",
    maxBuffer: 2 ** 30,
    env: { ...process.env, NODE_OPTIONS: withAuto ? autoMode : "" },
  });
  const outcomes = new Map<string, number>();
  // Numbers and durations differ each time, and so do the ports and temporary files in some names.
  for (const [, outcome, name = ""] of stdout.matchAll(/^ *((?:not )?ok) \d+(?: -)? (.*)$/gm)) {
    const test = `${outcome} ${name.replaceAll(cwd, "").replace(/\d{3,}/g, "0")}`;
    outcomes.set(test, (outcomes.get(test) ?? 0) + 1);
  }
  return outcomes;
}

function difference(a: Outcomes, b: Outcomes): string[] {
  return [...new Set([...a.keys(), ...b.keys()])].filter((test) => a.get(test) !== b.get(test)).sort();
}

function failed(outcomes: Outcomes): number {
  return sum(new Map([...outcomes].filter(([test]) => test.startsWith("not ok"))));
}

function sum(outcomes: Outcomes): number {
  return [...outcomes.values()].reduce((total, count) => total + count, 0);
}
