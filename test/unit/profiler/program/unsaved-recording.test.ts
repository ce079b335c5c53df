import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { prepareCommand } from "../../../../src/profiler/program/program-command.ts";
import { ThreadCollector } from "../../../../src/profiler/program/thread-collector.ts";

const sampling = { intervalUs: 1000, allocationIntervalBytes: 65_536 };

test.each(["save", "finish"] as const)("a recording that can't be saved ends without a throw (%s)", (how) => {
  const dir = mkdtempSync(join(tmpdir(), "victor-unsaved-"));
  const collector = new ThreadCollector({ dir, threadId: 0, saveEveryMs: 1e9, ...sampling });
  collector.start();
  using warning = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  rmSync(dir, { recursive: true });
  collector[how]();
  collector.save();
  collector.finish();
  expect(warning).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/can't be saved.*ENOENT/), {
    code: "VICTOR_PROFILE_SAVE",
  });
});

test("a program that starts when the profiler has ended runs as if there had been none", () => {
  const folder = mkdtempSync(join(tmpdir(), "victor-unsaved-"));
  try {
    const dir = join(folder, "recordings");
    const script = join(folder, "program.js");
    writeFileSync(script, 'console.log("ran", process.env.NODE_OPTIONS ?? "plain")');
    const settings = { dir, saveEveryMs: 1e9, children: true, deopts: false, ...sampling };
    const { NODE_OPTIONS: _, ...bare } = process.env;
    const { file, args, env } = prepareCommand([process.execPath, script], bare, settings);
    const { status, stdout, stderr } = spawnSync(file, args, { env, encoding: "utf8", timeout: 240_000 });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "ran plain\n", stderr: "" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
