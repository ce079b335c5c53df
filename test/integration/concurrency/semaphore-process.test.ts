import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const semaphore = new URL("../../../src/concurrency/adaptive-semaphore.ts", import.meta.url).href;

/** Runs a module in a process of its own. @returns its exit code and what it printed */
function run(body: string): { readonly code: number | null; readonly printed: string } {
  const script = `import { AdaptiveSemaphore } from ${JSON.stringify(semaphore)};\n${body}`;
  const { status, stdout } = spawnSync(
    process.execPath,
    ["--no-warnings", "--input-type=module", "--eval", script],
    {
      encoding: "utf8",
      timeout: 240_000,
    },
  );
  return { code: status, printed: stdout };
}

test("a process does not end while somebody waits whom only a deadline can settle", () => {
  const body = `
    const semaphore = new AdaptiveSemaphore("tested", { limit: 1 });
    semaphore.tryAcquire();
    const { reason } = await semaphore.acquireOrReject({ timeoutMs: 50 });
    process.stdout.write(reason);`;
  expect(run(body)).toEqual({ code: 0, printed: "deadline" });
});

test("a semaphore at which nobody waits lets its process end", () => {
  const body = `
    const semaphore = new AdaptiveSemaphore("tested", { limit: 1 });
    const permit = semaphore.tryAcquire();
    const waiting = semaphore.acquire({ timeoutMs: 3_600_000 });
    permit.release();
    (await waiting).release();
    process.stdout.write("done");`;
  expect(run(body)).toEqual({ code: 0, printed: "done" });
});
