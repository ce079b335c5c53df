import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { peerModule, peerVersion } from "../../../src/report/peer-module.ts";
import { saveFile } from "../../../src/report/save-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "victor-files-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("a saved file", () => {
  test("replaces the old one as a whole, in a folder that is made when missing", async () => {
    const path = join(folder, "a/b/report.md");
    await saveFile(path, "first");
    await saveFile(path, "second");
    expect(await readFile(path, "utf8")).toBe("second");
    expect(await readdir(join(folder, "a/b"))).toEqual(["report.md"]);
  });
  test("that can't take its place leaves no half-written one behind", async () => {
    const path = join(folder, "report.md");
    await mkdir(join(path, "in-the-way"), { recursive: true });
    await expect(saveFile(path, "text")).rejects.toThrow();
    expect(await readdir(folder)).toEqual(["report.md"]);
  });
});

describe("a peer's package", () => {
  test("is found in the folder where the user works", async () => {
    const place = join(folder, "node_modules/some-rival");
    await mkdir(place, { recursive: true });
    await writeFile(
      join(place, "package.json"),
      JSON.stringify({ name: "some-rival", version: "7.8.9", main: "rival.cjs" }),
    );
    await writeFile(join(place, "rival.cjs"), "module.exports = 42;");
    const url = peerModule("some-rival", folder);
    expect(url).toMatch(/^file:.*some-rival\/rival\.cjs$/);
    expect(peerVersion("some-rival", folder)).toBe("7.8.9");
    expect(((await import(url ?? "")) as { default: number }).default).toBe(42);
  });
  test("is found beside the toolkit when the user's folder has none", () => {
    expect(peerModule("commander", folder)).toMatch(/commander/);
    expect(peerVersion("commander", folder)).toMatch(/^\d+\.\d+\.\d+$/);
  });
  test("is undefined when it is in neither place", () => {
    expect(peerModule("some-rival-that-nobody-has", folder)).toBeUndefined();
    expect(peerVersion("some-rival-that-nobody-has", folder)).toBeUndefined();
  });
});
