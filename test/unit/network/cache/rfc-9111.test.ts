import { describe, expect, it } from "vitest";
import { memoryStage } from "../../../support/response-cache/memory-stage.ts";
import { play } from "../../../support/response-cache/play.ts";
import { allScripts } from "../../../support/response-cache/scripts.ts";

for (const [section, scripts] of Object.entries(allScripts))
  describe(`RFC 9111, ${section}`, () => {
    for (const script of scripts)
      it(script.name, async () => {
        await play(script, memoryStage());
      });
  });

it("each behaviour has a name of its own, and there are enough of them", () => {
  const names = Object.values(allScripts).flatMap((scripts) => scripts.map(({ name }) => name));
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThan(250);
});
