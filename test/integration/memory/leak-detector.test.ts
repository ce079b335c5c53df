import { execFileSync } from "node:child_process";
import { Session } from "node:inspector";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { pathText } from "../../../src/memory/leaks/describe-leaks.ts";
import { detectLeaks } from "../../../src/memory/leaks/detect-leaks.ts";
import { LeakDetector } from "../../../src/memory/leaks/leak-detector.ts";
import { collectGarbage } from "../../support/collect-garbage.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { runNode } from "../../support/run-node.ts";

const flagsScript = fileURLToPath(new URL("../../support/leak-flags-process.ts", import.meta.url));

class Visit {
  readonly page: string;
  readonly times: number[];
  constructor(call: number) {
    this.page = `/page/${call}`;
    this.times = [call, call + 0.5];
  }
}
const kept = { visits: [] as Visit[] };
afterEach(() => {
  kept.visits = [];
});
function rememberVisit(call: number): void {
  kept.visits.push(new Visit(call));
}

test("an operation that leaks is found with its class, site and retaining path", async () => {
  const { status, suspects, classes } = await detectLeaks({
    operation: rememberVisit,
    iterations: 300,
    classes: [Visit],
    retainingPaths: true,
  });
  expect(status).toBe("leaking");
  expect(suspects[0]).toMatchObject({
    constructorName: "Visit",
    site: {
      functionName: expect.stringMatching(/Visit$/),
      url: expect.stringContaining("leak-detector.test.ts"),
    },
  });
  expect(pathText(suspects[0]!.retainingPath!)).toMatch(/\.visits Array → \[\d+\] Visit$/);
  expect(classes).toEqual([{ name: "Visit", rate: 1 }]);
}, 600_000);

test("one that doesn't leak is steady, and the program sees no gc", async () => {
  const report = await detectLeaks({ operation: (call) => new Visit(call), iterations: 300 });
  expect(report.status).not.toBe("leaking");
  expect(report.suspects).toEqual([]);
  expect(typeof (globalThis as { gc?: unknown }).gc).toBe("undefined");
}, 600_000);

test.each<[string, string[], NodeJS.ProcessEnv]>([
  ["by default", [], {}],
  ["with flags on the command line", ["--no-turbo-inlining", "--no_maglev_inlining", "--expose-gc"], {}],
  ["with flags in NODE_OPTIONS", [], { NODE_OPTIONS: "--expose-gc" }],
])("V8's flags are put back as they stood: %s", async (_, args, env) => {
  const { stdout, stderr } = await runNode([...args, flagsScript], { env: { ...process.env, ...env } });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual([
    { flags: "as before", gc: "as before", inlining: "off meanwhile" },
    { flags: "as before", gc: "as before", inlining: "off meanwhile" },
  ]);
});

test("what the operation throws comes out, and the next detection can run", async () => {
  const error = new Error("broken");
  const operation = (call: number): void => {
    if (call === 10) throw error;
  };
  await expect(detectLeaks({ operation, iterations: 100 })).rejects.toBe(error);
  await expect(detectLeaks({ operation, iterations: 100 })).rejects.toBe(error);
});

test("a second detection at the same time, and an aborted one, are refused", async () => {
  const abort = new AbortController();
  const first = detectLeaks({ operation: () => undefined, iterations: 1e6, signal: abort.signal });
  await expect(detectLeaks({ operation: () => undefined })).rejects.toMatchObject({
    code: "VICTOR_LEAK_DETECTION_RUNNING",
  });
  const reason = new Error("enough");
  abort.abort(reason);
  await expect(first).rejects.toBe(reason);
});

test("wrong options are refused by name", async () => {
  const operation = (): void => undefined;
  await expect(detectLeaks({} as never)).rejects.toThrow(/operation: expected a function/);
  await expect(detectLeaks({ operation, iterations: 10 })).rejects.toThrow(/iterations/);
  await expect(detectLeaks({ operation, rounds: 1 } as never)).rejects.toThrow(/unknown option "rounds"/);
  await expect(detectLeaks({ operation, classes: ["Visit"] as never })).rejects.toThrow(/classes\[0\]/);
  await expect(detectLeaks({ operation, retainingPaths: 1 as never })).rejects.toThrow(TypeError);
});

test("a watch names what leaks, and on request what holds it", async () => {
  // What the test runner needed to start goes in the course of some collections.
  for (let i = 0; i < 4; i++) await collectGarbage();
  const clock = new ManualClock();
  using detector = new LeakDetector({ clock, warmupMs: 0, cpuShare: 1 }).start();
  clock.pass(2000);
  for (let minute = 0, call = 0; minute < 30; minute++) {
    for (let i = 0; i < 1500; i++) rememberVisit(call++);
    // After a minute it reads the heap, whatever has been promoted by then.
    clock.pass(60_000);
  }
  const report = await detector.check();
  // The function itself, or the one that V8 inlined it into.
  expect(report.status).toBe("leaking");
  expect(report.suspects[0]!.site!.url).toContain("leak-detector.test.ts");
  let call = 0;
  const leaking = setInterval(() => {
    for (let i = 0; i < 2000; i++) rememberVisit(call++);
  }, 5);
  const { suspects } = await detector
    .check({ retainingPaths: true, betweenMs: 200 })
    .finally(() => clearInterval(leaking));
  expect(pathText(suspects[0]!.retainingPath!)).toMatch(/\.visits Array → \[\d+\] Visit$/);
}, 600_000);

test("a profiler of someone else's is shared, and left running", () => {
  const session = new Session();
  session.connect();
  const post = (method: string): { error: Error | null; result: object | undefined } => {
    let answer: { error: Error | null; result: object | undefined } | undefined;
    session.post(method, (error: Error | null, result?: object) => {
      answer = { error, result };
    });
    return answer!;
  };
  try {
    post("HeapProfiler.enable");
    post("HeapProfiler.startSampling");
    const clock = new ManualClock();
    const detector = new LeakDetector({ clock, warmupMs: 0 }).start();
    clock.pass(2000);
    expect(detector.stats().readings).toBe(1);
    detector.close();
    expect(post("HeapProfiler.stopSampling").error).toBeNull();
    const again = new LeakDetector({ clock, warmupMs: 0 }).start();
    post("HeapProfiler.stopSampling");
    clock.pass(2000);
    expect(again.stats().readings).toBe(1);
    again.close();
    expect(post("HeapProfiler.getSamplingProfile").error).not.toBeNull();
  } finally {
    session.disconnect();
  }
});

test("without profiling only collections that happen anyhow are looked at", () => {
  const clock = new ManualClock();
  using detector = new LeakDetector({ clock, warmupMs: 0, profiling: false }).start();
  clock.pass(1_000_000);
  const { status, suspects } = detector.report();
  expect(status).not.toBe("leaking");
  expect(suspects).toEqual([]);
});

test("a watch that nobody closes keeps no process alive", () => {
  const module = new URL("../../../src/memory/leaks/leak-detector.ts", import.meta.url).href;
  const script = `import { LeakDetector } from ${JSON.stringify(module)};
    const detector = new LeakDetector({ warmupMs: 0 }).start();
    await detector.check();
    console.log(detector.stats().readings);`;
  const output = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
    encoding: "utf8",
  });
  expect(output.trim()).toBe("1");
});
