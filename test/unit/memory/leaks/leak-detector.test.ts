import { once } from "node:events";
import { afterEach, expect, test, vi } from "vitest";
import { SnapshotTooLargeError } from "../../../../src/errors.ts";
import { describeLeaks } from "../../../../src/memory/leaks/describe-leaks.ts";
import type { HeapProbe } from "../../../../src/memory/leaks/heap-probe.ts";
import { HeapPair } from "../../../../src/memory/leaks/heap-snapshots.ts";
import { LeakDetector } from "../../../../src/memory/leaks/leak-detector.ts";
import type { LeakReport } from "../../../../src/memory/leaks/leak-report.ts";
import type { LeakDetectorOptions } from "../../../../src/memory/leaks/watch-options.ts";
import { LifeCycle } from "../../../../src/memory/profile/life-cycle.ts";
import { heapProfile } from "../../../support/heap-profile.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

const MiB = 1_048_576;

afterEach(() => {
  vi.restoreAllMocks();
});

/** A heap of 20 MiB that grows as told, and garbage on top of it. */
class ToldHeap implements HeapProbe {
  heap = 20 * MiB;
  external = 5 * MiB;
  garbage = 0;
  cpuMs = 20;
  readings = 0;
  closed = 0;
  current(): number {
    return this.heap + this.external + this.garbage;
  }
  read() {
    this.readings++;
    this.garbage = 0;
    return {
      profile: heapProfile(
        { name: "cache", bytes: 10 * MiB },
        { name: "remember", bytes: this.heap - 20 * MiB + (this.external - 5 * MiB) / 10 },
      ),
      heapBytes: this.heap,
      externalBytes: this.external,
      cpuMs: this.cpuMs,
      restarted: false,
    };
  }
  close(): void {
    this.closed++;
  }
}

function watched(options: LeakDetectorOptions = {}) {
  const clock = new ManualClock();
  const heap = new ToldHeap();
  const detector = new LeakDetector({ warmupMs: 10_000, clock, ...options }, () => heap).start();
  const pass = (seconds: number, change: (heap: ToldHeap, second: number) => void): void => {
    for (let second = 0; second < seconds; second++) {
      change(heap, second);
      clock.pass(1000);
    }
  };
  return { clock, heap, detector, pass };
}

test("a leak is named by the time a megabyte has leaked, once, with its site and rate", () => {
  const told: string[] = [];
  const { detector, pass } = watched({
    onLeak: ({ suspects }) => told.push(suspects[0]!.site!.functionName),
  });
  using _ = detector;
  pass(11, () => undefined);
  pass(256, (heap) => {
    heap.heap += 4096;
    heap.garbage += 100_000;
  });
  const report = detector.report();
  expect(report.status).toBe("leaking");
  expect(report.rate!.bytes).toBeCloseTo(4096, 0);
  expect(report.suspects[0]).toMatchObject({
    site: { functionName: "remember", line: 10, column: 3 },
    share: 1,
  });
  expect(told).toEqual(["remember"]);
  expect(describeLeaks(report)).toMatch(
    /4\.0 KiB a second .*allocated in remember \(file:\/\/\/app\.js:10:3\)/s,
  );
});

test.each([
  [
    "throws",
    () => {
      throw new Error("nobody listens");
    },
  ],
  ["rejects", () => Promise.reject(new Error("nobody listens"))],
])("the process is warned when who is told of a leak %s", async (_, onLeak) => {
  const { detector, pass } = watched({ onLeak });
  using _detector = detector;
  const warned = once(process, "warning");
  pass(267, (heap, second) => {
    if (second > 11) heap.heap += 4096;
  });
  expect((await warned)[0]).toMatchObject({ message: "nobody listens" });
});

test("growth outside of V8's heap is a leak too, and said to be outside", () => {
  const { detector, pass } = watched();
  using _ = detector;
  pass(400, (heap, second) => {
    if (second > 11) heap.external += 8192;
  });
  expect(detector.report()).toMatchObject({
    status: "leaking",
    suspects: [{ nextStep: expect.stringContaining("outside V8's heap") }],
  });
});

test("a slow leak shows beside buffers that come and go by more", () => {
  const { detector, pass } = watched();
  using _ = detector;
  pass(400, (heap, second) => {
    if (second > 11) heap.heap += 4096;
    heap.external = (5 + ((second * 7) % 13)) * MiB;
  });
  expect(detector.report().status).toBe("leaking");
});

test("a heap that doesn't grow, fills up, or swings is no leak, and what looked like one is taken back", () => {
  const shapes: [LeakReport["status"], (heap: ToldHeap, second: number) => void][] = [
    ["steady", () => undefined],
    [
      "steady",
      (heap, second) => {
        heap.heap = 20 * MiB + 40_000 * Math.min(second, 200);
      },
    ],
    [
      "not enough evidence",
      (heap, second) => {
        heap.heap = 20 * MiB + 100_000 * (second % 90);
      },
    ],
  ];
  for (const [status, change] of shapes) {
    const { detector, pass } = watched();
    using _ = detector;
    pass(3000, change);
    expect(detector.report()).toMatchObject({ status, suspects: [] });
    expect(detector.stats().leaking).toBe(false);
  }
});

test("a leak that begins after days shows within an hour", () => {
  const { detector, pass } = watched();
  using _ = detector;
  pass(200_000, () => undefined);
  expect(detector.report().status).toBe("steady");
  pass(3600, (heap) => {
    heap.heap += 2048;
  });
  expect(detector.report().status).toBe("leaking");
});

test("readings keep to their share of a processor, however much garbage there is", () => {
  const { detector, heap, pass } = watched({ warmupMs: 0, cpuShare: 0.01 });
  using _ = detector;
  heap.cpuMs = 50;
  pass(1000, () => {
    heap.garbage += MiB;
  });
  expect(heap.readings).toBe(200);
  expect(detector.stats()).toMatchObject({ readings: 200, readingCpuMs: 10_000 });
  expect(Array.from(detector.collect(), ({ name }) => name)).toContain("victor.leaks.live_memory");
});

test("with too few readings it says so, and how many more seconds it takes", () => {
  const { detector, pass } = watched();
  using _ = detector;
  pass(3, () => undefined);
  const report = detector.report();
  expect(report).toMatchObject({ status: "not enough evidence", more: 12, suspects: [] });
  expect(describeLeaks(report)).toBe("Not enough evidence yet.\nAbout 12 more seconds are needed.\n");
});

test("starting it twice, or a second one beside it, is an error; after its end another may start", async () => {
  const { detector, heap, clock } = watched();
  const running = expect.objectContaining({ code: "VICTOR_LEAK_DETECTION_RUNNING" });
  expect(() => detector.start()).toThrow(running);
  const other = new LeakDetector({ clock }, () => heap);
  expect(() => other.start()).toThrow(running);
  detector.close();
  detector.close();
  expect(heap.closed).toBe(1);
  expect(clock.pending).toBe(0);
  await other.start()[Symbol.asyncDispose]();
  const closed = expect.objectContaining({ code: "VICTOR_LEAK_DETECTOR_CLOSED" });
  expect(() => other.start()).toThrow(closed);
  expect(() => other.report()).toThrow(closed);
  await expect(other.check()).rejects.toMatchObject({ code: "VICTOR_LEAK_DETECTOR_CLOSED" });
});

test("a probe that can't be made leaves the turn to the next", () => {
  const failing = new LeakDetector({}, () => {
    throw new Error("no inspector");
  });
  expect(() => failing.start()).toThrow("no inspector");
  watched().detector.close();
});

test("wrong options are refused by name", () => {
  expect(() => new LeakDetector({ warmup: 1 } as never)).toThrow(/unknown option "warmup"/);
  expect(() => new LeakDetector({ cpuShare: 0 })).toThrow(/cpuShare/);
  expect(() => new LeakDetector({ minBytes: 1 })).toThrow(/minBytes/);
  expect(() => new LeakDetector({ samplingBytes: 1.5 })).toThrow(/samplingBytes/);
  expect(() => new LeakDetector({ warmupMs: -1 })).toThrow(/warmupMs/);
  expect(() => new LeakDetector({ profiling: 1 as never })).toThrow(TypeError);
  expect(() => new LeakDetector({ onLeak: 1 as never })).toThrow(TypeError);
});

test("snapshots that there is no room to read are left out, as those that there is none to write", async () => {
  using detector = watched().detector;
  vi.spyOn(HeapPair.prototype, "write").mockResolvedValue();
  vi.spyOn(HeapPair.prototype, "growingHolders").mockRejectedValue(new SnapshotTooLargeError(2 * MiB, MiB));
  const { holders, notes } = await detector.check({ retainingPaths: true, betweenMs: 0 });
  expect([holders, notes]).toEqual([[], [expect.stringMatching(/^no retaining paths: /)]]);
});

test("a closed one follows no object any more", () => {
  const { detector } = watched();
  const followed = vi.spyOn(LifeCycle.prototype, "born");
  detector.born("Session", {});
  detector.close();
  detector.born("Session", {});
  expect(followed).toHaveBeenCalledTimes(1);
});
