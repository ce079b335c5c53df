import type { Dispatcher } from "undici";
import { describe, expect, it } from "vitest";
import type { NetworkPolicy } from "../../../src/network/policy.ts";
import { switchedPolicy } from "../../../src/optimizations/switched-policy.ts";
import { watchedPolicy } from "../../../src/optimizations/watched-policy.ts";
import { rolledTraffic } from "../../support/rolled-traffic.ts";

type Handler = Required<Dispatcher.DispatchHandler>;

const controller = { pause: () => {}, resume: () => {}, abort: () => {} } as never;
const request = (more: object = {}) =>
  ({ method: "GET", origin: "http://host", path: "/", ...more }) as Dispatcher.DispatchOptions;
const policy: NetworkPolicy = (dispatch) => (options, handler) => dispatch(options, handler);

/** A watched policy over a dispatcher whose responses the test gives. */
function watched(share = 100) {
  const { clock, rollout, status } = rolledTraffic({ share });
  const told: string[] = [];
  let handler: Handler | undefined;
  const dispatch = watchedPolicy(policy, () => rollout.begin("x"))((options, given) => {
    if (options.path === "/throws") throw new Error("no dispatcher");
    handler = given as Handler;
    return true;
  });
  const own = Object.fromEntries(
    [
      "onRequestStart",
      "onResponseStart",
      "onResponseData",
      "onResponseEnd",
      "onResponseError",
      "onRequestUpgrade",
    ].map((name) => [name, () => told.push(name)]),
  );
  const send = (more?: object): Handler => {
    dispatch(request(more), own as never);
    return handler!;
  };
  return { clock, dispatch, send, status, told };
}

describe("A policy whose step nobody switches", () => {
  it("is used as it is, so that it costs nothing", () => {
    expect(switchedPolicy("retries", policy, { callsOf: () => undefined, isOn: undefined })).toBe(policy);
  });

  it("is asked for by a switch of another kind, by origin", () => {
    const asked: unknown[] = [];
    const passed: string[] = [];
    const marked: NetworkPolicy = (dispatch) => (options, handler) => {
      passed.push("policy");
      return dispatch(options, handler);
    };
    const isOn = (...question: unknown[]) => asked.push(question) === 1;
    const dispatch = switchedPolicy("retries", marked, { callsOf: () => undefined, isOn })(
      () => passed.push("dispatch") > 0,
    );
    dispatch(request(), {});
    dispatch(request(), {});
    expect(asked).toEqual([
      ["retries", "http://host"],
      ["retries", "http://host"],
    ]);
    expect(passed).toEqual(["policy", "dispatch", "dispatch"]);
  });
});

describe("The time of a watched request", () => {
  const p50 = ({ status }: ReturnType<typeof watched>) => Math.round(status().arms.on.p50Ms ?? -1);

  it("ends with the last byte of a body whose length is short and known", () => {
    const traffic = watched();
    const handler = traffic.send();
    traffic.clock.pass(10);
    handler.onResponseStart(controller, 200, { "content-length": "8" }, "OK");
    traffic.clock.pass(10);
    handler.onResponseData(controller, Buffer.from("half"));
    expect(traffic.status().arms.on.succeeded).toBe(0);
    traffic.clock.pass(10);
    handler.onResponseData(controller, Buffer.from("half"));
    expect(traffic.status().arms.on.succeeded).toBe(1);
    traffic.clock.pass(10);
    handler.onResponseEnd(controller, {});
    expect(p50(traffic)).toBe(30);
    expect(traffic.told).toEqual(["onResponseStart", "onResponseData", "onResponseData", "onResponseEnd"]);
  });

  it.each([
    ["is long", { "content-length": "65537" }],
    ["has no known length", {}],
    ["is empty", { "content-length": "0" }],
  ])("ends with the head where the body %s", (_, headers) => {
    const traffic = watched();
    const handler = traffic.send();
    traffic.clock.pass(10);
    handler.onResponseStart(controller, 200, headers, "OK");
    traffic.clock.pass(50);
    handler.onResponseError(controller, new Error("cut off"));
    expect(traffic.status().arms.on).toMatchObject({ succeeded: 1, failed: 0 });
    expect(p50(traffic)).toBe(10);
    expect(traffic.told).toEqual(["onResponseStart", "onResponseError"]);
  });

  it("ends where there is no body to a length, as of HEAD, and begins again at no interim response", () => {
    const traffic = watched();
    const handler = traffic.send({ method: "HEAD" });
    handler.onResponseStart(controller, 103, {}, "Early Hints");
    traffic.clock.pass(20);
    handler.onResponseStart(controller, 200, { "content-length": "8" }, "OK");
    handler.onResponseEnd(controller, {});
    expect(traffic.status().arms.on.succeeded).toBe(1);
    expect(p50(traffic)).toBe(20);
  });
});

describe("A watched request", () => {
  it.each([408, 425, 429, 500, 501, 503, 599])("has failed with status %i", (code) => {
    const { send, status } = watched();
    send().onResponseStart(controller, code, { "content-length": "8" }, "");
    expect(status().arms.on).toMatchObject({ succeeded: 0, failed: 1 });
  });

  it.each([200, 204, 302, 304, 404, 410])("has succeeded with status %i", (code) => {
    const { send, status } = watched();
    send().onResponseStart(controller, code, {}, "");
    expect(status().arms.on).toMatchObject({ succeeded: 1, failed: 0 });
  });

  it("has failed by an error, before the head or within a short body, and by a dispatcher that throws", () => {
    const { dispatch, send, status } = watched();
    send().onResponseError(controller, new Error("refused"));
    const handler = send();
    handler.onResponseStart(controller, 200, { "content-length": "8" }, "OK");
    handler.onResponseError(controller, new Error("cut off"));
    expect(() => dispatch(request({ path: "/throws" }), {})).toThrow("no dispatcher");
    expect(status().arms.on).toMatchObject({ succeeded: 0, failed: 3 });
  });

  it("of the control passes the policy by, and is counted for its arm", () => {
    const { send, status } = watched(0);
    send().onResponseStart(controller, 200, {}, "OK");
    expect(status().arms).toMatchObject({ on: { succeeded: 0 }, off: { succeeded: 1 } });
  });

  it("is none that is upgraded or a tunnel", () => {
    const { send, status } = watched();
    send({ upgrade: "websocket" }).onRequestUpgrade(controller, 101, {}, undefined as never);
    send({ method: "CONNECT" });
    expect(status().arms.on).toMatchObject({ succeeded: 0, failed: 0, counted: 0 });
  });
});
