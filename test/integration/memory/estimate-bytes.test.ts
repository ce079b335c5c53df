import { execFileSync } from "node:child_process";
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
