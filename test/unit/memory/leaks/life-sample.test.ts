import { expect, test } from "vitest";
import { LifeSample } from "../../../../src/memory/leaks/life-sample.ts";
import { collectGarbage } from "../../../support/collect-garbage.ts";

test("classes of which more live than at the beginning are told, by how many a second", async () => {
  using lives = new LifeSample();
  const bear = (name: string, count: number): object[] =>
    Array.from({ length: count }, (_, i) => {
      const object = { i };
      lives.born(name, object);
      return object;
    });
  const sessions = bear("Session", 20_000);
  lives.begin();
  sessions.push(...bear("Session", 20_000));
  bear("Request", 20_000);
  const ofRequests = () => lives.growing(10).find(({ name }) => name === "Request")?.rate ?? 0;
  while (ofRequests() > 0) await collectGarbage();
  const growing = lives.growing(10);
  expect(growing.map(({ name }) => name)).toEqual(["Session"]);
  expect(growing[0]!.rate).toBeCloseTo(2000, -3);
  expect(sessions).toHaveLength(40_000);
});
