import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const profiler = new URL("../../../src/profiler/index.ts", import.meta.url).href;
const script = `
  import { AsyncLocalStorage } from "node:async_hooks";
  import { setTimeout as delay } from "node:timers/promises";
  import { PerformanceProfiler } from ${JSON.stringify(profiler)};
  const profiler = new PerformanceProfiler();
  const users = new AsyncLocalStorage();
  const seen = [];
  const look = () => seen.push([profiler.current()?.name, users.getStore()]);
  await profiler.span("outer", async () => {
    profiler.span("inner", look);
    await users.run("ann", async () => {
      await profiler.span("beside", async () => { await delay(1); look(); });
      look();
    });
    await profiler.span("late", () => delay(1).then(look));
    look();
  });
  look();
  console.log(JSON.stringify(seen));
`;

test.each([["--async-context-frame"], ["--no-async-context-frame"]])(
  "spans and other storages keep their contexts with node %s",
  (flag) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [flag, "--no-warnings", "--input-type=module", "--eval", script],
      { encoding: "utf8", timeout: 240_000 },
    );
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      ["inner", null],
      ["beside", "ann"],
      ["outer", "ann"],
      ["late", null],
      ["outer", null],
      [null, null],
    ]);
  },
  300_000,
);
