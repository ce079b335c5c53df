import { expect, test } from "vitest";
import { parseStat } from "../../../src/compare/process-tree.ts";

test("reads a line of /proc, whatever the program is called", () => {
  const fields = "S 10 20 30 34816 42 4194304 1 2 3 4 250 50 30 20 20 0 1 0 9876 1000 500";
  expect(parseStat(`42 (a) b (c)) ${fields}`)).toEqual({
    pid: 42,
    parent: 10,
    session: 30,
    isZombie: false,
    startTicks: 9876,
    cpuMs: 3500,
    reapedMs: 500,
  });
  expect(parseStat(`7 (x) Z ${fields.slice(2)}`)).toMatchObject({ pid: 7, isZombie: true });
});
