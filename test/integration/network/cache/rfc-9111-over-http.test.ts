import { describe, it } from "vitest";
import { openHttpStage } from "../../../support/response-cache/http-stage.ts";
import { play } from "../../../support/response-cache/play.ts";
import { allScripts } from "../../../support/response-cache/scripts.ts";

for (const [section, scripts] of Object.entries(allScripts))
  describe(`over HTTP: RFC 9111, ${section}`, () => {
    for (const script of scripts)
      it(script.name, async () => {
        await using stage = await openHttpStage();
        await play(script, stage);
      });
  });
