/**
 * Writes docs/api/: one page for each subpath of the package, from the docstrings in the built declarations. Fails where a docstring
 * links to what isn't there. What generates it is installed into scripts/api-docs/ when it is missing or older than its lock file.
 */
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
const tool = join(import.meta.dirname, "api-docs");
/** Not in node_modules, whose files count as others'. */
const work = join(root, "dist", ".api-docs");
const out = join(root, "docs", "api");

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, error } = spawnSync(command, args, { cwd, stdio: "inherit" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed`, { cause: error });
}

const changed = (path: string): number =>
  statSync(join(tool, path), { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY;
if (changed("node_modules/.package-lock.json") < changed("package-lock.json"))
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], tool);

const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly exports: Readonly<Record<string, string>>;
};
// The root exports again what the rooms do.
const entries = Object.entries(exports)
  .filter(([subpath, file]) => subpath !== "." && file.endsWith(".js"))
  .map(([, file]) => file.replace("./dist/", "").replace(/\.js$/, ".d.ts"));

const declared = readFileSync(join(root, "dist", "errors.d.ts"), "utf8").matchAll(
  /^export declare class (\w+)/gm,
);
const errors = new Set(Array.from(declared, ([, name]) => name));

rmSync(work, { recursive: true, force: true });
for (const file of globSync("**/*.d.ts", { cwd: join(root, "dist") })) {
  mkdirSync(dirname(join(work, file)), { recursive: true });
  const text = readFileSync(join(root, "dist", file), "utf8");
  writeFileSync(join(work, file), withErrors(text));
}
writeFileSync(
  join(work, "tsconfig.json"),
  JSON.stringify({
    compilerOptions: {
      module: "nodenext",
      target: "es2024",
      lib: ["esnext"],
      types: ["node"],
      strict: true,
      skipLibCheck: true,
      noEmit: true,
    },
    files: entries,
  }),
);
writeFileSync(
  join(work, "typedoc.json"),
  JSON.stringify({
    entryPoints: entries,
    tsconfig: "tsconfig.json",
    plugin: [join(tool, "node_modules", "typedoc-plugin-markdown", "dist", "index.js")],
    out,
    basePath: work,
    name: "API reference",
    readme: "none",
    router: "module",
    disableSources: true,
    excludePrivate: true,
    excludeInternal: true,
    excludeExternals: true,
    hidePageHeader: true,
    hideBreadcrumbs: true,
    useCodeBlocks: true,
    parametersFormat: "table",
    interfacePropertiesFormat: "table",
    classPropertiesFormat: "table",
    typeDeclarationFormat: "table",
    // The project is checked by its own compiler, which is newer than TypeDoc's.
    skipErrorChecking: true,
    validation: { notExported: false, invalidLink: true, rewrittenLink: true, notDocumented: false },
    treatValidationWarningsAsErrors: true,
    logLevel: "Warn",
  }),
);
try {
  run(process.execPath, [join(tool, "node_modules", "typedoc", "bin", "typedoc")], work);
} finally {
  rmSync(work, { recursive: true });
}
const pages = globSync("*.md", { cwd: out });
const bytes = pages.reduce((sum, page) => sum + statSync(join(out, page)).size, 0);
console.log(`docs/api: ${pages.length} pages, ${Math.round(bytes / 1024)} KiB`);

/**
 * TypeDoc leaves out the types of `@throws {TypeError | RangeError}`, which callers want to know most, and finds no error that the
 * declarations of a file mention in its docstrings alone.
 */
function withErrors(text: string): string {
  const named = (name: string): string =>
    errors.has(name) ? `{@link errors!${name} | ${name}}` : `\`${name}\``;
  return text
    .replaceAll(/\{@link (\w+)\}/g, (link, name: string) => (errors.has(name) ? named(name) : link))
    .replaceAll(
      /@throws \{([^}]+)\}/g,
      (_, names: string) =>
        `@throws ${names
          .split("|")
          .map((name) => named(name.trim()))
          .join(" or ")}`,
    );
}
