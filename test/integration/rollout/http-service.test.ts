import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { NetworkOptimizer } from "../../../src/network/index.ts";
import {
  type OptimizationOptions,
  Rollout,
  type RolloutEvent,
  truthSampler,
} from "../../../src/rollout/index.ts";
import { httpServer } from "../../support/local-http.ts";

/** A service that answers by one of two ways, and users who ask it until `isDone`. */
async function serve(
  options: OptimizationOptions,
  on: () => Promise<string>,
  isDone: (rollout: Rollout) => boolean,
): Promise<{
  readonly events: readonly RolloutEvent[];
  readonly rollout: Rollout;
  readonly lines: string[];
}> {
  const events: RolloutEvent[] = [];
  const lines: string[] = [];
  const rollout = new Rollout({
    optimizations: { variant: options },
    checkMs: 10,
    onEvent: (event) => events.push(event),
    log: (line) => lines.push(line),
  });
  const off = async () => {
    await sleep(1);
    return "answer";
  };
  await using server = await httpServer((request, response) => {
    rollout.run("variant", request.url, { on, off }).then(
      (text) => response.end(text),
      () => {
        response.statusCode = 500;
        response.end();
      },
    );
  });
  let user = 0;
  const ask = async () => {
    while (!isDone(rollout)) {
      const response = await fetch(`${server.origin}/users/${user++}`);
      await response.text();
    }
  };
  await Promise.all(Array.from({ length: 16 }, ask));
  rollout.close();
  return { events, rollout, lines };
}

const ramp = { ramp: [20, 50, 100], minMs: 20, minSamples: 20 };
const isOver = (rollout: Rollout): boolean => {
  const { kind } = rollout.status("variant").state;
  return kind === "rolled-back" || kind === "complete";
};

test("a service whose variant is slow switches it off by itself, and says why", async () => {
  const slow = async () => {
    // Slower than the slowest hundredth without it, on a machine with too much to do as well.
    await sleep(300);
    return "answer";
  };
  // At 100 % there would be no control to be compared with.
  const isOff = (each: Rollout) => each.status("variant").state.kind === "rolled-back";
  const { events, rollout, lines } = await serve({ ...ramp, ramp: [20, 50] }, slow, isOff);
  expect(rollout.status("variant").state).toMatchObject({ kind: "rolled-back", guardrail: "p99 latency" });
  expect(events.at(-1)).toMatchObject({ kind: "rolled-back", share: 0, guardrail: "p99 latency" });
  expect(lines.at(-1)).toMatch(
    /^rollout "variant": switched off at \d+ % of the traffic by p99 latency: calls take longer with it\. .* were over the limit/,
  );
});

test("a service whose variant fails switches it off by itself", async () => {
  const { rollout } = await serve(ramp, () => Promise.reject(new Error("broken")), isOver);
  expect(rollout.status("variant").state).toMatchObject({ kind: "rolled-back", guardrail: "errors" });
});

test("a service whose variant is the same gets to 100 %", async () => {
  const same = async () => {
    await sleep(1);
    return "answer";
  };
  // The chance of a false roll-back is made small, so that the test has none.
  const { events, rollout } = await serve(
    { ...ramp, guardrails: [{ kind: "latency", maxIncrease: 3 }, { kind: "errors" }] },
    same,
    isOver,
  );
  expect(rollout.status("variant").state.kind).toBe("complete");
  expect(events.map(({ kind, share }) => `${kind} ${share}`)).toEqual(["advanced 50", "completed 100"]);
});

test("the responses of a real origin that changes them before their time are measured as stale", async () => {
  let body = "one";
  await using server = await httpServer((_request, response) => {
    response.setHeader("cache-control", "max-age=1000");
    response.end(body);
  });
  using truth = truthSampler({ share: 100, confirmMs: 0, maxConcurrent: 8 });
  await using network = new NetworkOptimizer({ cache: { truth } });
  const read = async () => (await network.request("GET", `${server.origin}/a`)).text();
  const checked = async (count: number) => {
    while (truth.stats().checked < count) await sleep(5);
  };
  await read();
  expect(await read()).toBe("one");
  await checked(1);
  expect(truth.stats()).toMatchObject({ fresh: 1, stale: 0 });
  body = "two";
  expect(await read()).toBe("one");
  await checked(2);
  expect(truth.stats()).toMatchObject({ fresh: 1, stale: 1 });
});
