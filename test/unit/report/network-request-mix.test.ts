import { describe, expect, it } from "vitest";
import { FaultDraw } from "../../../src/report/workloads/network/origin-faults.ts";
import { replyOf } from "../../../src/report/workloads/network/origin-reply.ts";
import {
  distantOrigin,
  requestTargets,
  resourceText,
} from "../../../src/report/workloads/network/request-mix.ts";

const mix = { requests: 3000, resources: 500, exponent: 0.8, cacheableShare: 0.6, seed: 3 };

describe("the requests of the network rows", () => {
  it("are the same for every variant", () => {
    expect(requestTargets(mix)).toEqual(requestTargets(mix));
    expect(requestTargets({ ...mix, seed: 4 })).not.toEqual(requestTargets(mix));
  });

  it("ask for resources that the origin can give, the share that may be kept as chosen", () => {
    const targets = requestTargets(mix);
    const distinct = new Set(targets);
    expect(targets.length).toBe(3000);
    expect(distinct.size).toBeLessThanOrEqual(500);
    expect(distinct.size).toBeGreaterThan(250);
    const replies = [...distinct].map((target) => [target, replyOf(target)] as const);
    for (const [target, { body }] of replies) {
      const id = Number(/^\/resource\/(\d+)\?/.exec(target)?.[1]);
      expect(body).toBe(resourceText(id));
    }
    const kept = replies.filter(([, { headers }]) => headers?.["cache-control"] === "max-age=60").length;
    expect(kept / distinct.size).toBeGreaterThan(0.5);
    expect(kept / distinct.size).toBeLessThan(0.7);
  });

  it("meet failures and slow answers as often as the row says", () => {
    const draw = new FaultDraw(distantOrigin(5).faults!);
    const drawn = Array.from({ length: 20_000 }, (_, i) => draw.draw(`GET /resource/${i % 5000}`));
    const slow = drawn.filter(({ delayMs }) => delayMs === 300).length;
    const failed = drawn.filter((reply) => Object.keys(reply).length > 0).length - slow;
    // Four standard deviations: 234 and 71.
    expect(Math.abs(failed - 4400)).toBeLessThan(240);
    expect(Math.abs(slow - 312)).toBeLessThan(75);
  });
});
