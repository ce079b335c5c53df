import { describe, expect, it } from "vitest";
import { Origin, type Reply, type SentRequest } from "../../../support/response-cache/origin.ts";
import { play, type Stage } from "../../../support/response-cache/play.ts";
import { allScripts } from "../../../support/response-cache/scripts.ts";

function memoryStage(): Stage {
  let now = 0;
  const origin = new Origin(() => now);
  return {
    origin: "http://origin.test",
    dispatch: origin.dispatch,
    get sent() {
      return origin.exchanges.map(({ sent }) => sent);
    },
    set now(value: number) {
      now = value;
    },
    set reply(reply: (sent: SentRequest) => Reply) {
      origin.reply = reply;
    },
  };
}

for (const [section, scripts] of Object.entries(allScripts))
  describe(`RFC 9111, ${section}`, () => {
    for (const script of scripts) it(script.name, () => play(script, memoryStage()));
  });

it("each behaviour has a name of its own, and there are enough of them", () => {
  const names = Object.values(allScripts).flatMap((scripts) => scripts.map(({ name }) => name));
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThan(250);
});
