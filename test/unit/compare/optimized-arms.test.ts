import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { plainArm, readSteps } from "../../../src/compare/optimized-arms.ts";

test("a program that was killed while it wrote its status has said nothing", () => {
  const folder = mkdtempSync(join(tmpdir(), "victor-status-"));
  const file = join(folder, "status.json");
  try {
    for (const text of ["", '{"steps": [', "null", '{"steps": "many"}']) {
      writeFileSync(file, text);
      expect(readSteps(file)).toBeUndefined();
    }
    writeFileSync(file, '{"steps": []}');
    expect(readSteps(file)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the program without optimizations has none, though the user's own environment loads auto mode", () => {
  expect(plainArm(["node"], true).env).toEqual({ VICTOR_OPTIMIZATIONS: "none" });
  // Compared with another module, auto mode is the same in both.
  expect(plainArm(["node"], false).env).toEqual({});
});
