import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FaceCall } from "../../../src/network/face-call.ts";
import { LiveCalls } from "../../../src/network/live-calls.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";

/** What was thrown to nobody. */
let uncaught: unknown[];
let listeners: NodeJS.UncaughtExceptionListener[];

beforeEach(() => {
  uncaught = [];
  listeners = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => uncaught.push(error));
});

afterEach(() => {
  process.removeAllListeners("uncaughtException");
  for (const listener of listeners) process.on("uncaughtException", listener);
});

/** Two calls under way, whose first handler throws at whatever it is told. */
function twoCalls() {
  const clock = new FakeClock();
  const calls = new LiveCalls(clock, undefined as never);
  const told: string[] = [];
  const aborted: string[] = [];
  for (const path of ["/first", "/second"]) {
    const handler = {
      onResponseError: () => {
        told.push(path);
        if (path === "/first") throw new Error("thrown by a handler");
      },
    };
    const controller = { abort: () => void aborted.push(path) };
    const request = { origin: "http://h.test", path, method: "GET" as const };
    new FaceCall(calls, request, handler, clock.now(), 1_000).send((_request, face) => {
      face.onRequestStart?.(controller as never, null);
      return true;
    });
  }
  return { clock, calls, told, aborted };
}

describe("A handler that throws when it is told of an error", () => {
  test("keeps no other from its deadline, nor the process from ending", async () => {
    const { clock, calls, told, aborted } = twoCalls();
    await clock.advance(1_100);
    expect([told, aborted]).toEqual([
      ["/first", "/second"],
      ["/first", "/second"],
    ]);
    expect(uncaught).toHaveLength(1);
    await calls.none();
    expect(clock.pending).toBe(0);
  });

  test("keeps no other from being ended with it", async () => {
    const { calls, told, aborted } = twoCalls();
    calls.fail(new Error("destroyed"));
    await settle();
    expect(told).toEqual(["/first", "/second"]);
    expect(aborted).toEqual(["/first", "/second"]);
    expect(uncaught).toHaveLength(1);
  });
});
