import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { heapSnapshotText } from "../../support/heap-snapshot-text.ts";

const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
let folder: string;
let files: string[];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "victor-heap-"));
  files = [1, 2, 3].map((count) => {
    const path = join(folder, `${count}.heapsnapshot`);
    const leaks = Array.from({ length: count }, () => ({ name: "<Leak>", size: 2048 }));
    const nodes = [{ type: "synthetic" }, { name: "Server" }, ...leaks];
    const edges = leaks.map((_, i) => [1, i + 2, "element", i] as const);
    writeFileSync(path, heapSnapshotText({ nodes, edges: [[0, 1, "property", "server"], ...edges] }));
    return path;
  });
});
afterAll(() => rmSync(folder, { recursive: true }));
const victor = (...args: string[]) =>
  spawnSync(process.execPath, [main, "heap", "analyse", ...args], { encoding: "utf8" });

test("says what a heap consists of, as Markdown, HTML or JSON", () => {
  const markdown = victor(files[2] as string);
  expect(markdown).toMatchObject({ status: 0, stderr: "" });
  expect(markdown.stdout).toMatch(/^\| Server @3 +\| 6\.00 KiB \| +1\.00 B \| \.server Server +\|$/m);
  expect(markdown.stdout).toMatch(/^\| <Leak> +\| +3 \| 6\.00 KiB \| +6\.00 KiB \|$/m);
  const html = victor(files[2] as string, "--format", "html");
  expect(html.stdout).toMatch(/^<!doctype html>.*&lt;Leak&gt;/s);
  expect(html.stdout).not.toContain("<Leak>");
  const json = JSON.parse(victor(files[2] as string, "--format", "json", "--top", "1").stdout);
  expect(json.biggestObjects).toEqual([
    {
      name: "Server",
      type: "object",
      id: 3,
      selfBytes: 1,
      retainedBytes: 6145,
      path: [{ edge: ".server", name: "Server", type: "object", id: 3 }],
    },
  ]);
});

test("three snapshots show what grew", () => {
  const { stdout, status } = victor(...files);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^\| <Leak> +\| +1 \| 2\.00 KiB \| +2\.00 KiB \| \.server Server → \[1\] <Leak>/m);
});

test.each([
  [[], 2, /missing required argument/],
  [["a", "b"], 2, /one snapshot or three, got 2/],
  [["a", "--format", "pdf"], 2, /unknown "pdf"; valid are md, html, json/],
  [["a", "--top", "0"], 2, /expected an integer ≥ 1/],
  [["nowhere.heapsnapshot"], 1, /ENOENT.*nowhere/],
  [[process.execPath], 1, /does not begin with \{ \[VICTOR_SNAPSHOT_FORMAT\]/],
])("%j ends with code %i and says why", (args, code, message) => {
  const { status, stderr, stdout } = victor(...args);
  expect({ status, stdout }).toEqual({ status: code, stdout: "" });
  expect(stderr).toMatch(message);
});
