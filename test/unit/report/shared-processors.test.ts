import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SharedProcessors } from "../../../src/report/workloads/concurrency/shared-processors.ts";

describe("a server that works on all its requests at once", () => {
  test("gives each a processor of its own while there are enough", () => {
    const server = new SharedProcessors(2, 1000);
    server.begin(1, 30, 1000);
    server.begin(2, 10, 1000);
    expect(server.nextMs).toBe(1010);
    expect(server.finished(1009.9)).toEqual([]);
    expect(server.finished(1010)).toEqual([2]);
    expect(server.nextMs).toBe(1030);
  });

  test("makes each slow while more share the processors, and fast again when others have ended", () => {
    const server = new SharedProcessors(2, 0);
    for (const id of [1, 2, 3]) server.begin(id, 10, 0);
    server.begin(4, 20, 0);
    // Four at half speed: three have 10 ms of work after 20 ms, the fourth has 10 ms left and a processor alone.
    expect(server.finished(20)).toEqual([1, 2, 3]);
    expect(server.nextMs).toBe(30);
    expect(server.finished(Number.MAX_VALUE)).toEqual([4]);
    expect(server.nextMs).toBe(Number.POSITIVE_INFINITY);
  });

  test("keeps what a request has had when another comes, and lets a short one pass", () => {
    const server = new SharedProcessors(1, 0);
    server.begin(1, 10, 0);
    server.begin(2, 1, 4);
    // 6 ms are left of the first; at half speed the second takes 2 ms, in which the first gets one.
    expect(server.nextMs).toBe(6);
    expect(server.finished(6)).toEqual([2]);
    expect(server.nextMs).toBe(11);
  });

  test("ends the same requests in the same order however late it is asked, and wastes no time", () => {
    const work = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        work,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 30 }),
        (all, processors, stepMs) => {
          const fill = (): SharedProcessors => {
            const server = new SharedProcessors(processors, 0);
            for (const [id, workMs] of all.entries()) server.begin(id, workMs, 0);
            return server;
          };
          const late = fill();
          const often = fill();
          const seen: number[] = [];
          let lastMs = 0;
          for (let nowMs = stepMs; seen.length < all.length; nowMs += stepMs) {
            while (often.nextMs <= nowMs) {
              lastMs = often.nextMs;
              seen.push(...often.finished(lastMs));
            }
          }
          expect(late.finished(Number.MAX_VALUE)).toEqual(seen);
          const sum = all.reduce((total, ms) => total + ms, 0);
          expect(lastMs).toBeGreaterThanOrEqual(Math.max(sum / processors, ...all) - 1e-6);
          expect(lastMs).toBeLessThanOrEqual(sum / processors + Math.max(...all) + 1e-6);
        },
      ),
    );
  });
});
