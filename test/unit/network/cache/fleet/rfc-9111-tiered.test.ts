import { describe, expect, it } from "vitest";
import { MemoryHub } from "../../../../../src/cache/memory-hub.ts";
import { systemClock } from "../../../../../src/clock.ts";
import { ResponseCache } from "../../../../../src/network/cache/response-cache.ts";
import { memoryStage } from "../../../../support/response-cache/memory-stage.ts";
import { type OpenNodes, play } from "../../../../support/response-cache/play.ts";
import { allScripts } from "../../../../support/response-cache/scripts.ts";

/** Nodes with one server, whose time goes by the calendar of the script. */
const fleetOf =
  (nodes: number): OpenNodes =>
  (options) => {
    const hub = new MemoryHub({ clock: { ...systemClock, now: options.now } });
    return Array.from({ length: nodes }, () => new ResponseCache({ ...options, tier: hub.connect() }));
  };

/** Kept without a server; with one, not what was asked for before the server knew what is forgotten. */
const notKept = new Set(["the response to a POST is kept when it says that it is what is there"]);
/** A guess at a server's mistake, which takes responses to other languages: those lie under other keys. */
const guesses = new Set(["a response without Vary isn't used once there is a later one with it"]);

for (const [section, scripts] of Object.entries(allScripts))
  describe(`RFC 9111 with a shared server, ${section}`, () => {
    for (const script of scripts.filter(({ name }) => !notKept.has(name)))
      it(script.name, async () => {
        await play(script, memoryStage(), fleetOf(1));
      });
  });

it("two nodes that take turns never answer where one alone would have to ask the origin", async () => {
  let reused = 0;
  const wrong: string[] = [];
  const scripts = Object.values(allScripts)
    .flat()
    .filter(({ name, steps }) => !guesses.has(name) && !steps.some(({ inBackground }) => inBackground));
  for (const script of scripts)
    await play(script, memoryStage(), fleetOf(2)).then(
      (steps) => {
        reused += steps;
      },
      (error: Error) => wrong.push(`${script.name}: ${error.message}`),
    );
  expect(wrong).toEqual([]);
  expect(reused).toBeGreaterThan(60);
});
