/** Compiles the kernels and src/ to dist/ when a source is newer than the last build. */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, globSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { buildKernels } from "./build-kernels.ts";

await buildKernels();

const root = join(import.meta.dirname, "..");
const stamp = join(root, "dist", "index.js");
const sources = [
  ...globSync("src/**/*", { cwd: root, exclude: ["src/kernels/assembly/**"] }),
  "tsconfig.json",
  "tsconfig.build.json",
  "package.json",
];
const built = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;

if (sources.some((file) => statSync(join(root, file)).mtimeMs > built)) {
  rmSync(join(root, "dist"), { recursive: true, force: true });
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json")], { stdio: "inherit" });
  chmodSync(join(root, "dist", "cli", "main.js"), 0o755);
  utimesSync(stamp, new Date(), new Date());
}
