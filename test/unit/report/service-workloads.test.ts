import { expect, test } from "vitest";
import { resourceReply } from "../../../src/report/workloads/network/resource-reply.ts";
import { type VisitMix, visitsOf } from "../../../src/report/workloads/service/visit-mix.ts";

const mix: VisitMix = {
  ...{ warmup: 400, alone: 25, together: 300, connections: 32 },
  ...{ warmupRounds: 3, rounds: 8, seed: 1 },
};

test("visits are the same for the same seed, others for another, and enough for all rounds", () => {
  const all = visitsOf(mix);
  expect(all).toHaveLength(3 * 400 + 8 * 325);
  expect(visitsOf(mix)).toEqual(all);
  expect(visitsOf({ ...mix, seed: 2 })).not.toEqual(all);
  expect(visitsOf({ ...mix, rounds: 2 })).toEqual(all.slice(0, 3 * 400 + 2 * 325));
});

test("a third of the visits wait for a page that may not be answered from memory, as the row of latency says", () => {
  const visits = visitsOf(mix);
  const waiting = visits.filter(({ resource }) => {
    const { headers = {} } = resourceReply(`/mixed/${resource}`, {}) ?? {};
    const said = headers["cache-control"];
    return said === undefined ? headers["last-modified"] === undefined : said !== "max-age=3600";
  });
  expect(waiting.length / visits.length).toBeCloseTo(1 / 3, 1);
});
