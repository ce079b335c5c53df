import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runJob } from "../../../src/compare/job-run.ts";

function jobSettings() {
  const folder = mkdtempSync(join(tmpdir(), "victor-job-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return { folder, timeoutMs: 60_000, onGroup: async () => undefined };
}

test("a report that a process had no time to finish is left out, and the job counts", async () => {
  const settings = jobSettings();
  const job = join(settings.folder, "job.cjs");
  writeFileSync(
    job,
    `const { folder } = JSON.parse(process.env.VICTOR_COMPARE_PROBE);
     for (const [name, text] of [["cut", '{"pid":1,"gcMs":'], ["empty", ""], ["other", "[]"]])
       require("node:fs").writeFileSync(folder + "/" + name + ".json", text);
     console.log("done");`,
  );
  const { run } = await runJob(1, { name: "a", command: [process.execPath, job], env: {} }, settings);
  expect(run.statuses).toEqual({ "exit code 0": 1 });
  expect(run.figures.gcShare).toBeGreaterThanOrEqual(0);
  expect(run.figures.loopDelayP99).toBeGreaterThanOrEqual(0);
});

test("a command that the system refuses at once was not started", async () => {
  const command = ["/bin/true", "x".repeat(3_000_000)];
  await expect(runJob(1, { name: "a", command, env: {} }, jobSettings())).rejects.toMatchObject({
    code: "VICTOR_COMPARE",
    reason: "not-started",
    message: "a: spawn E2BIG",
  });
});
