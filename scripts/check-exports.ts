/** Packs the package, installs it into an empty project and loads every subpath by `import` and by `require`. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const bin = (name: string): string => join(root, "node_modules", ".bin", name);
const run = (command: string, args: string[], cwd: string): string =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

const { name, exports, sideEffects } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const subpaths = Object.keys(exports).filter((path) => !path.endsWith(".json"));
const folder = mkdtempSync(join(tmpdir(), "victor-exports-"));
try {
  const [{ filename }] = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], root),
  );
  const tarball = join(folder, filename);
  run(bin("publint"), ["run", tarball, "--strict"], root);
  run(bin("attw"), [tarball, "--profile", "esm-only", "--format", "ascii"], root);

  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "empty", private: true, type: "module" }),
  );
  run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", tarball], folder);
  for (const path of subpaths) {
    const specifier = JSON.stringify(path.replace(".", name));
    // What is loaded for its effect alone has nothing to export.
    const least = sideEffects.includes(exports[path]) ? 0 : 1;
    const check = (load: string): string =>
      `const room = ${load}; if (Object.keys(room).length < ${least}) throw new Error(${specifier} + " exports nothing");`;
    run(process.execPath, ["--input-type=module", "-e", check(`await import(${specifier})`)], folder);
    run(process.execPath, ["--input-type=commonjs", "-e", check(`require(${specifier})`)], folder);
    console.log(`ok  import and require ${specifier}`);
  }
  const version = run(join(folder, "node_modules", ".bin", "victor"), ["--version"], folder).trim();
  console.log(`ok  victor --version says ${version}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
