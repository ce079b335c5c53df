import { expect, test } from "vitest";
import { StopSignals } from "../../../src/cli/stop-signals.ts";
import { FakeClock } from "../../support/fake-clock.ts";

function heard() {
  const clock = new FakeClock();
  const said: string[] = [];
  let left = 0;
  const stop = new StopSignals(
    (name) => said.push(name),
    clock,
    () => left++,
  );
  return { clock, stop, said, left: () => left };
}

test("the first signal aborts; the same one again at once is the same, and later leaves", async () => {
  const { clock, stop, said, left } = heard();
  using _ = stop;
  stop.hear("SIGTERM");
  expect(stop.signal.reason).toEqual(new Error("SIGTERM"));
  await clock.advance(300);
  stop.hear("SIGTERM");
  expect(left()).toBe(0);
  await clock.advance(1);
  stop.hear("SIGTERM");
  expect(left()).toBe(1);
  expect(said).toEqual(["SIGTERM"]);
});

test("another signal leaves, however soon", () => {
  const { stop, left } = heard();
  using _ = stop;
  stop.hear("SIGTERM");
  stop.hear("SIGINT");
  expect(left()).toBe(1);
});

test("signals are heard until the end, a closed terminal's too", () => {
  const { stop } = heard();
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of names) expect(process.listeners(name)).toContain(stop.hear);
  stop[Symbol.dispose]();
  for (const name of names) expect(process.listeners(name)).not.toContain(stop.hear);
});
