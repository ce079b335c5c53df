import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startOwnRedis } from "../../../src/report/workloads/cache/own-redis.ts";
import { childrenOf } from "../../services/process-tree.ts";

test.each([
  ["can't be run", "#!/nowhere/sh\n", "ENOENT"],
  ["ends at once", "#!/bin/sh\necho no licence\nexit 1\n", "no licence"],
])("of a server that %s no process is left", async (_, script, why) => {
  const folder = mkdtempSync(join(tmpdir(), "victor-own-redis-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const program = join(folder, "redis-server");
  writeFileSync(program, script);
  chmodSync(program, 0o755);
  const before = childrenOf(process.pid);
  await expect(startOwnRedis(program, folder)).rejects.toThrow(why);
  expect(childrenOf(process.pid)).toEqual(before);
});
