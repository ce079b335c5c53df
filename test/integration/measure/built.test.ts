import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../../..");

test("compiled to JavaScript, the runner finds its compiled child", () => {
  const folder = mkdtempSync(join(tmpdir(), "victor-measure-"));
  try {
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "arm.js"), "export const setup = () => ({ run() {}, answer: () => 42 });");
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: join(root, "tsconfig.build.json"),
        compilerOptions: {
          rootDir: join(root, "src"),
          outDir: folder,
          typeRoots: [join(root, "node_modules/@types")],
        },
        files: [join(root, "src/measure/index.ts"), join(root, "src/measure/arm-process.ts")],
        include: [],
      }),
    );
    execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder]);
    const script = `
      const { measureInterleaved } = await import(${JSON.stringify(pathToFileURL(join(folder, "measure/index.js")).href)});
      const { arms } = await measureInterleaved({
        arms: [{ name: "a", module: "./arm.js", count: 1 }], processes: 1, rounds: 2,
      });
      console.log(arms[0].answer, arms[0].wallNs[0].length);`;
    const printed = execFileSync(process.execPath, ["--input-type=module", "-e", script], { cwd: folder });
    expect(printed.toString()).toBe("42 2\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
