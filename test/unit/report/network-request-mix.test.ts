import { describe, expect, it } from "vitest";
import { FaultDraw } from "../../../src/report/workloads/network/origin-faults.ts";
import {
  distantOrigin,
  failureRate,
  type RequestMix,
  requestedIds,
} from "../../../src/report/workloads/network/request-mix.ts";
import { resourceReply, resourceText } from "../../../src/report/workloads/network/resource-reply.ts";

const mix: RequestMix = { requests: 3000, resources: 1500, kind: "mixed", seed: 3 };
const ids = Array.from({ length: 10_000 }, (_, i) => i + 1);
const share = (is: (headers: NodeJS.Dict<unknown>) => boolean): number =>
  ids.filter((id) => is(resourceReply(`/mixed/${id}`, {})!.headers!)).length / ids.length;

describe("the requests of the network rows", () => {
  it("are the same for every variant", () => {
    expect(requestedIds(mix)).toEqual(requestedIds(mix));
    expect(requestedIds({ ...mix, seed: 4 })).not.toEqual(requestedIds(mix));
  });

  it("ask about three times for each resource that they ask for", () => {
    const asked = requestedIds(mix);
    expect(asked.length).toBe(3000);
    expect(asked.length / new Set(asked).size).toBeCloseTo(3, 0);
    expect(asked.every((id) => id >= 1 && id <= 1500)).toBe(true);
  });

  it("meet failures and slow answers as often as the row says", () => {
    const draw = new FaultDraw(distantOrigin(5, true).faults!);
    const drawn = Array.from({ length: 20_000 }, (_, i) => draw.draw(`GET /private/${i % 5000}`));
    const slow = drawn.filter(({ delayMs }) => delayMs === 300).length;
    const failed = drawn.filter((reply) => Object.keys(reply).length > 0).length - slow;
    // Four standard deviations: 234 and 71.
    expect(Math.abs(failed - 20_000 * failureRate)).toBeLessThan(240);
    expect(Math.abs(slow - 312)).toBeLessThan(75);
    const calm = new FaultDraw(distantOrigin(5, false).faults!);
    const kinds = new Set(ids.map((id) => JSON.stringify(calm.draw(`GET /private/${id}`))));
    expect([...kinds].toSorted()).toEqual(['{"delayMs":300}', "{}"]);
  });
});

describe("the resources of the network rows", () => {
  it("may be kept as often as those on the Web", () => {
    expect(share((headers) => headers["cache-control"] === "max-age=3600")).toBeCloseTo(0.47, 2);
    expect(share((headers) => headers["cache-control"] === undefined)).toBeCloseTo(0.27, 2);
    expect(share((headers) => headers["cache-control"] === "max-age=0")).toBeCloseTo(0.06, 2);
    expect(share((headers) => headers["cache-control"] === "no-store")).toBeCloseTo(0.2, 2);
  });

  it("have validators as often as those on the Web, whether they may be kept or not", () => {
    const both = (headers: NodeJS.Dict<unknown>) => "etag" in headers && "last-modified" in headers;
    expect(share(both)).toBeCloseTo(0.38, 2);
    expect(share((headers) => "last-modified" in headers)).toBeCloseTo(0.65, 2);
    expect(share((headers) => "etag" in headers)).toBeCloseTo(0.43, 2);
    const freshToo = share((headers) => both(headers) && headers["cache-control"] === "max-age=3600");
    expect(freshToo).toBeCloseTo(0.38 * 0.47, 1);
  });

  it("are told from each other by their bodies, and never kept when private", () => {
    expect(resourceReply("/mixed/7", {})?.body).toBe(resourceText(7));
    expect(resourceReply("/private/7", {})).toEqual({
      headers: { "cache-control": "no-store" },
      body: resourceText(7),
    });
    expect(JSON.parse(resourceText(8)).id).toBe(8);
    expect(resourceText(8).length).toBeGreaterThan(500);
    for (const other of ["/mixed/x", "/mixed/7?reply={}", "/", "/other/7"])
      expect(resourceReply(other, {})).toBeUndefined();
  });

  it("are said to be unchanged to who has them, by tag first and else by date", () => {
    const withBoth = ids.find((id) => {
      const { headers } = resourceReply(`/mixed/${id}`, {})!;
      return headers!.etag !== undefined && headers!["last-modified"] !== undefined;
    });
    const target = `/mixed/${withBoth}`;
    const { etag, "last-modified": date } = resourceReply(target, {})!.headers as Record<string, string>;
    const statusFor = (asked: Record<string, string>) => resourceReply(target, asked)?.status;
    expect(statusFor({ "if-none-match": etag! })).toBe(304);
    expect(statusFor({ "if-modified-since": date! })).toBe(304);
    expect(statusFor({ "if-none-match": '"another"', "if-modified-since": date! })).toBeUndefined();
    expect(statusFor({ "if-modified-since": new Date(0).toUTCString() })).toBeUndefined();
  });
});
