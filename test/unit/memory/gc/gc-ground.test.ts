import { afterEach, expect, test, vi } from "vitest";
import { thisThread } from "../../../../src/memory/gc/gc-ground.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

test("a process that is out of file descriptors can be watched: its resident memory stays what it was", () => {
  const { rssBytes } = thisThread.heap();
  expect(rssBytes).toBeGreaterThan(1e6);
  const outOfFiles = () => {
    throw new Error("EMFILE: too many open files, uv_resident_set_memory");
  };
  vi.spyOn(process, "memoryUsage").mockImplementation(outOfFiles);
  process.memoryUsage.rss = outOfFiles;
  expect(thisThread.heap().rssBytes).toBe(rssBytes);
});
