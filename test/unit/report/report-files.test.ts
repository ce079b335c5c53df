import { execFileSync } from "node:child_process";
import {
  constants,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
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
  test("whose name is too long for the system says that it can't be written", async () => {
    await expect(saveFile(join(folder, `${"n".repeat(250)}.md`), "text")).rejects.toMatchObject({
      code: "VICTOR_REPORT_OUTPUT",
      message: expect.stringContaining("ENAMETOOLONG"),
    });
  });
  test("that is a FIFO, or a device, is written to and stays what it is", async () => {
    const path = join(folder, "fifo");
    execFileSync("mkfifo", [path]);
    // For both ends, so that nobody waits for the other.
    const reader = await open(path, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      await saveFile(path, "text");
      expect((await lstat(path)).isFIFO()).toBe(true);
      const { buffer, bytesRead } = await reader.read({ buffer: Buffer.alloc(10) });
      expect(buffer.toString("utf8", 0, bytesRead)).toBe("text");
      expect(await readdir(folder)).toEqual(["fifo"]);
    } finally {
      await reader.close();
    }
  });
  test("behind a link is replaced there, or made, and the link stays", async () => {
    await mkdir(join(folder, "there"));
    const path = join(folder, "link.md");
    await symlink(join(folder, "there/report.md"), path);
    for (const text of ["first", "second"]) {
      await saveFile(path, text);
      expect(await readFile(join(folder, "there/report.md"), "utf8")).toBe(text);
      expect((await lstat(path)).isSymbolicLink()).toBe(true);
    }
    expect((await readdir(folder, { recursive: true })).sort()).toEqual([
      "link.md",
      "there",
      "there/report.md",
    ]);
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
