/**
 * Compiles the kernels and src/ to dist/ when a source is newer than the last build. What `--import` loads becomes one file:
 * forty would cost the start of every program half a millisecond each.
 */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  globSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { buildKernels } from "./build-kernels.ts";

await buildKernels();

const root = join(import.meta.dirname, "..");
const stamp = join(root, "dist", "index.js");
const sources = [
  ...globSync("src/**/*", { cwd: root, exclude: ["src/kernels/assembly/**"] }),
  "tsconfig.json",
  "tsconfig.build.json",
  "tsconfig.page.json",
  "package.json",
];
const built = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;

if (sources.some((file) => statSync(join(root, file)).mtimeMs > built)) {
  rmSync(join(root, "dist"), { recursive: true, force: true });
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  // The dashboard's page runs in browsers: other globals, other types.
  for (const project of ["tsconfig.build.json", "tsconfig.page.json"])
    execFileSync(process.execPath, [tsc, "-p", join(root, project)], { stdio: "inherit" });
  // Should the rest fail, the next build must not take this one for whole.
  utimesSync(stamp, 0, 0);
  for (const file of globSync("dashboard/page/*.{html,css,svg}", { cwd: join(root, "src") }))
    copyFileSync(join(root, "src", file), join(root, "dist", file));
  const autoFile = join(root, "dist", "auto.js");
  const bundle = await rolldown({ input: autoFile, platform: "node" });
  const { output } = await bundle.generate({
    format: "esm",
    // Half the text is half the work of reading it at each start; names stay, for stacks and what is printed of objects.
    minify: {
      compress: { keepNames: { function: true, class: true } },
      mangle: { keepNames: true },
      codegen: true,
    },
  });
  await bundle.close();
  // One character beyond Latin-1 makes V8 keep and read the whole text at twice its size.
  writeFileSync(
    autoFile,
    output[0].code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
  );
  chmodSync(join(root, "dist", "cli", "main.js"), 0o755);
  utimesSync(stamp, new Date(), new Date());
}
