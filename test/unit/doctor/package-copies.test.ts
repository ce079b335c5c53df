import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageCopies } from "../../../src/doctor/package-copies.ts";

test("finds the copies of a package beside links that lead nowhere or in a circle", () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "victor-copies-")));
  try {
    const packages = join(folder, "node_modules");
    for (const path of ["undici", "app/node_modules/undici"]) {
      mkdirSync(join(packages, path), { recursive: true });
      writeFileSync(join(packages, path, "package.json"), '{"version": "8.0.0"}');
    }
    symlinkSync(join(folder, "gone"), join(packages, "gone"));
    symlinkSync("circle", join(packages, "circle"));
    symlinkSync("..", join(packages, "above"));
    expect(
      packageCopies(folder, ["undici"])
        .undici?.map(({ path }) => path)
        .toSorted(),
    ).toEqual(["node_modules/app/node_modules/undici", "node_modules/undici"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
