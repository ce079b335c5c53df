import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { analyseHeapSnapshot } from "../../../src/memory/index.ts";
import { heapSnapshotText } from "../../support/heap-snapshot-text.ts";

let folder: string;
const files = (): [string, string, string] =>
  ["first", "second", "third"].map((name) => join(folder, `${name}.heapsnapshot`)) as [
    string,
    string,
    string,
  ];

/** A program that keeps each session it ever had, and writes a snapshot after each hundred. */
const program = `
  const v8 = require("node:v8");
  class Session { constructor(i) { this.user = { name: "user" + i }; this.data = new Array(100).fill(i); } }
  class Registry { constructor() { this.sessions = new Map(); } }
  globalThis.registry = new Registry();
  globalThis.cache = new Array(50_000).fill(0).map((_, i) => ({ i }));
  let count = 0;
  for (const file of process.argv.slice(1)) {
    for (let i = 0; i < 100; i++) registry.sessions.set(count, new Session(count++));
    v8.writeHeapSnapshot(file);
  }`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "victor-heap-"));
  execFileSync(process.execPath, ["-e", program, ...files()]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("what a real process keeps is found by name, with the way to it", async () => {
  const { biggestObjects, constructors, totalBytes, growth, biggestCollections } = await analyseHeapSnapshot(
    files()[2],
  );
  expect(biggestObjects[0]).toMatchObject({ name: "Array" });
  expect(biggestObjects[0]!.path.at(-1)).toMatchObject({ edge: ".cache" });
  expect(biggestCollections[0]).toMatchObject({ id: biggestObjects[0]!.id });
  expect(constructors.find(({ name }) => name === "Session")).toMatchObject({ count: 300 });
  expect(totalBytes).toBeGreaterThan(50_000 * 24);
  expect(growth).toBeUndefined();
});

test("three snapshots show what was made between the first two and stayed", async () => {
  const { growth = [] } = await analyseHeapSnapshot(files(), { top: 5 });
  const sessions = growth.find(({ name }) => name === "Session")!;
  expect(sessions.count).toBe(100);
  expect(sessions.retainedBytes).toBeGreaterThan(100 * 100 * 4);
  const path = sessions.example.path.map(({ edge, name }) => `${edge} ${name}`).join(" > ");
  expect(path).toMatch(/\.registry Registry > \.sessions Map > .*Session$/);
  expect(growth.length).toBeLessThanOrEqual(5);
});

test("a cut file, another file and no file are errors that say so", async () => {
  const cut = join(folder, "cut");
  writeFileSync(cut, heapSnapshotText({ nodes: [{}], edges: [] }));
  truncateSync(cut, 500);
  await expect(analyseHeapSnapshot(cut)).rejects.toMatchObject({ code: "VICTOR_SNAPSHOT_FORMAT" });
  await expect(analyseHeapSnapshot(process.execPath)).rejects.toMatchObject({
    code: "VICTOR_SNAPSHOT_FORMAT",
  });
  await expect(analyseHeapSnapshot(join(folder, "none"))).rejects.toMatchObject({ code: "ENOENT" });
});

test("a heap for which there is no room is refused before memory is taken", async () => {
  const huge = join(folder, "huge");
  const text = heapSnapshotText({ nodes: [{}], edges: [] });
  writeFileSync(huge, text.replace('"node_count":1', '"node_count":100000000000'));
  await expect(analyseHeapSnapshot(huge)).rejects.toMatchObject({
    code: "VICTOR_SNAPSHOT_TOO_LARGE",
    neededBytes: expect.any(Number),
  });
});

test("an aborted signal, a wrong number of files and unknown options stop it at once", async () => {
  const reason = new Error("enough");
  await expect(analyseHeapSnapshot(files()[0], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  await expect(analyseHeapSnapshot(files().slice(1) as never)).rejects.toThrow(
    /one snapshot or three, got 2/,
  );
  await expect(analyseHeapSnapshot(files()[0], { top: 0 })).rejects.toThrow(/top/);
  await expect(analyseHeapSnapshot(files()[0], { tops: 1 } as never)).rejects.toThrow(/unknown option/);
});
