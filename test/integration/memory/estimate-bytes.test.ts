import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("../../support/estimated-shapes.ts", import.meta.url));

test("an estimate is within a sixth of what V8 keeps for the data of ordinary programs", () => {
  const out = execFileSync(process.execPath, ["--expose-gc", script], { encoding: "utf8" });
  const figures = JSON.parse(out) as Record<string, { kept: number; estimated: number }>;
  expect(Object.keys(figures)).toHaveLength(18);
  const wrong = Object.entries(figures).filter(
    ([, { kept, estimated }]) => Math.abs(estimated / kept - 1) > 1 / 6,
  );
  expect(wrong).toEqual([]);
});

test("a module that has not been initialised yet is estimated", () => {
  const folder = mkdtempSync(join(tmpdir(), "estimate-bytes-"));
  try {
    const source = new URL("../../../src/memory/estimate-bytes.ts", import.meta.url).href;
    const file = join(folder, "self.mjs");
    writeFileSync(
      file,
      `import * as self from "./self.mjs";
      import { estimateBytes } from ${JSON.stringify(source)};
      console.log(estimateBytes(self));
      export const later = {};`,
    );
    const out = execFileSync(process.execPath, ["--no-warnings", file], { encoding: "utf8" });
    expect(Number(out)).toBeGreaterThan(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
