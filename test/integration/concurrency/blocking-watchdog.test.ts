import { spawn } from "node:child_process";
import { pbkdf2Sync } from "node:crypto";
import { once } from "node:events";
import { existsSync, openSync } from "node:fs";
import { expect, test } from "vitest";
import { type BlockedReport, BlockingWatchdog } from "../../../src/concurrency/blocking-watchdog.ts";

function burnOneStep(seed: number): number {
  let sum = seed;
  for (let i = 0; i < 20_000; i++) sum += Math.sqrt(i * sum);
  return sum;
}

function blockByComputing(ms: number): number {
  let sum = 0;
  for (const end = performance.now() + ms; performance.now() < end; ) sum += burnOneStep(sum);
  return sum;
}

function blockByHashing(): void {
  pbkdf2Sync("a", "b", 600_000, 64, "sha512");
}

function blockByWaiting(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
}

/** Blocks, again if the machine gave the watching thread no time, until that is reported. */
async function reportOf(block: () => unknown, name: string): Promise<BlockedReport> {
  const reports: BlockedReport[] = [];
  await using watchdog = new BlockingWatchdog({
    thresholdMs: 50,
    onBlocked: (report) => reports.push(report),
  });
  await watchdog.ready();
  for (let i = 0; i < 20; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    block();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const report = reports.find(({ stack }) => stack.some(({ functionName }) => functionName === name));
    if (report) return report;
  }
  throw new Error(`${name} was never named, but ${JSON.stringify(reports)}`);
}

test("names a function that computes, with its file and its callers", async () => {
  const { blocking, where, stack } = await reportOf(() => blockByComputing(300), "blockByComputing");
  expect(["blockByComputing", "burnOneStep"]).toContain(blocking!.functionName);
  expect(where).toMatch(/^(blockByComputing|burnOneStep) \(.*blocking-watchdog\.test\.ts:\d+:\d+\)$/);
  expect(stack.at(-1)!.functionName).not.toBe("burnOneStep");
});

test("names the function that calls something synchronous of Node's", async () => {
  const { blocking, stack } = await reportOf(blockByHashing, "blockByHashing");
  expect(blocking!.functionName).toBe("blockByHashing");
  expect(stack.map(({ functionName }) => functionName)).toContain("blockByHashing");
});

test("names a function that sleeps", async () => {
  expect((await reportOf(blockByWaiting, "blockByWaiting")).blocking!.functionName).toBe("blockByWaiting");
});

const watchdogUrl = new URL("../../../src/concurrency/blocking-watchdog.ts", import.meta.url).href;

/** Runs an async function's body in a process of its own. */
function start(body: string, stderr: "pipe" | number = "pipe") {
  const script = `
    import { BlockingWatchdog } from ${JSON.stringify(watchdogUrl)};
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    function blockAtEase(ms) { for (const end = performance.now() + ms; performance.now() < end; ); }
    ${body}
  `;
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", script],
    { stdio: ["ignore", "pipe", stderr] },
  );
  const output = { stdout: "", stderr: "" };
  child.stdout!.on("data", (chunk) => {
    output.stdout += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    output.stderr += chunk;
  });
  return { child, output, exited: once(child, "close") };
}

test("a process that has nothing more to do ends, though it is being watched, or sampled at that moment", async () => {
  const block = "await dog.ready(); await sleep(50); blockAtEase(400);";
  for (const body of ["", "await dog.ready();", block, `${block} process.exit();`]) {
    const { output, exited } = start(
      `const dog = new BlockingWatchdog({ thresholdMs: 50, onBlocked() {} }); ${body}`,
    );
    expect(await exited).toEqual([0, null]);
    expect(output.stderr).toMatch(/^(Waiting for the debugger to disconnect\.\.\.\n)?$/);
  }
});

test("a process that exits while it is sampled doesn't crash", async () => {
  // Without a wait for the sampling's end, one of 6 to 25 did.
  for (let run = 0; run < 12; run++) {
    const { exited } = start(
      `const dog = new BlockingWatchdog({ thresholdMs: 50, onBlocked() {} });
       await dog.ready(); await sleep(50); blockAtEase(400); process.exit();`,
    );
    expect(await exited).toEqual([0, null]);
  }
});

test("what an async onBlocked rejects with becomes a warning too", async () => {
  const { output, exited } = start(`
    let reports = 0;
    const dog = new BlockingWatchdog({ thresholdMs: 50, onBlocked: async () => { reports++; throw new Error("from onBlocked"); } });
    await dog.ready();
    while (reports < 1) { blockAtEase(300); await sleep(100); }
    await dog.close();
  `);
  expect(await exited).toEqual([0, null]);
  expect(output.stderr).toContain("from onBlocked");
});

test.skipIf(!existsSync("/dev/full"))(
  "a line that standard error doesn't take is lost, and the watch goes on",
  async () => {
    const { output, exited } = start(
      `
    let reports = 0;
    const dog = new BlockingWatchdog({ thresholdMs: 50, stderrAfterMs: 100, onBlocked: () => { reports++; } });
    let isOver = false;
    process.on("warning", () => { isOver = true; });
    await dog.ready();
    while (reports < 2 && !isOver) { blockAtEase(400); await sleep(100); }
    console.log(reports >= 2);
    await dog.close();
  `,
      openSync("/dev/full", "w"),
    );
    expect(await exited).toEqual([0, null]);
    expect(output.stdout).toBe("true\n");
  },
);

test("what onBlocked throws becomes a warning, and the watch goes on; close ends thread and heartbeat", async () => {
  const { output, exited } = start(`
    let reports = 0;
    const dog = new BlockingWatchdog({ thresholdMs: 50, onBlocked: () => { reports++; throw new Error("from onBlocked"); } });
    await dog.ready();
    while (reports < 2) { blockAtEase(300); await sleep(100); }
    console.log(dog.stats().blocks === reports, dog.stats().longestMs >= 50, [...dog.collect()][0].histogram.count === reports);
    await dog.close();
    await dog.close();
    const told = reports;
    blockAtEase(300);
    await sleep(100);
    console.log(reports === told, process.getActiveResourcesInfo().includes("MessagePort"));
  `);
  expect(await exited).toEqual([0, null]);
  expect(output.stdout).toBe("true true true\ntrue false\n");
  expect(output.stderr).toContain("from onBlocked");
});

test("an endless loop is named on standard error while it runs", async () => {
  const { child, output, exited } = start(`
    function loopForEver() { for (;;) blockAtEase(1); }
    const dog = new BlockingWatchdog({ thresholdMs: 50, stderrAfterMs: 400, onBlocked() {} });
    await dog.ready();
    await sleep(50);
    loopForEver();
  `);
  while (!output.stderr.includes("\n")) await once(child.stderr!, "data");
  child.kill("SIGKILL");
  await exited;
  expect(output.stderr).toMatch(
    /^The event loop has been blocked for \d+ ms by (loopForEver|blockAtEase) \(.+:\d+:\d+\)\n$/,
  );
});

test("refuses options that make no sense, and threads that aren't the main one", async () => {
  const onBlocked = () => undefined;
  expect(() => new BlockingWatchdog({ thresholdMs: 19, onBlocked })).toThrow(RangeError);
  expect(() => new BlockingWatchdog({ thresholdMs: 2 ** 31, onBlocked })).toThrow(RangeError);
  expect(() => new BlockingWatchdog({ thresholdMs: 100, stderrAfterMs: 99, onBlocked })).toThrow(RangeError);
  expect(() => new BlockingWatchdog({} as { onBlocked(): void })).toThrow("onBlocked: expected a function");
  expect(() => new BlockingWatchdog({ onBlocked, limit: 1 } as object as { onBlocked(): void })).toThrow(
    'unknown option "limit"',
  );
  const { output, exited } = start(`
    import { Worker, isMainThread } from "node:worker_threads";
    const inWorker = 'import(${JSON.stringify(watchdogUrl)}).then(({ BlockingWatchdog }) => new BlockingWatchdog({ onBlocked() {} })).catch((error) => console.log(error.message))';
    new Worker(inWorker, { eval: true });
  `);
  await exited;
  expect(output.stdout).toBe("BlockingWatchdog: watches the main thread, and has to be made there\n");
});
