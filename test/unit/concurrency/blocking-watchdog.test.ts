import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BlockingWatchdog } from "../../../src/concurrency/blocking-watchdog.ts";
import { settle } from "../../support/fake-clock.ts";

/** Stands in for the watching thread. */
const thread = vi.hoisted(() => ({
  isRefused: false,
  keepsAlive: false,
  events: undefined as EventEmitter | undefined,
}));

vi.mock("node:worker_threads", () => ({
  isMainThread: true,
  Worker: class extends EventEmitter {
    constructor() {
      super();
      if (thread.isRefused) throw new Error("no thread");
      thread.events = this;
    }
    ref() {
      thread.keepsAlive = true;
    }
    unref() {
      thread.keepsAlive = false;
    }
    postMessage() {}
  },
}));

const options = { onBlocked: () => undefined };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  thread.isRefused = false;
  thread.events = undefined;
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("leaves no heartbeat where the system gives no thread", () => {
  thread.isRefused = true;
  expect(() => new BlockingWatchdog(options)).toThrow("no thread");
  expect(vi.getTimerCount()).toBe(0);
});

test("the heartbeat ends with a thread that fails, which ready and a warning tell of", async () => {
  const warning = vi.spyOn(process, "emitWarning").mockReturnValue();
  const watchdog = new BlockingWatchdog(options);
  expect(vi.getTimerCount()).toBe(1);
  thread.events!.emit("error", new Error("lost"));
  thread.events!.emit("exit", 1);
  await expect(watchdog.ready()).rejects.toThrow("lost");
  expect(warning.mock.calls).toEqual([["The event loop is watched no longer: lost", "BlockingWatchdog"]]);
  expect(vi.getTimerCount()).toBe(0);
});

test("closed while it starts, it keeps the process until its thread has ended", async () => {
  const watchdog = new BlockingWatchdog(options);
  const ready = watchdog.ready();
  const closed = watchdog.close();
  thread.events!.emit("message", { kind: "ready" });
  await ready;
  expect(thread.keepsAlive).toBe(true);
  thread.events!.emit("exit", 0);
  await closed;
});

test("what onBlocked throws may be anything", async () => {
  const warning = vi.spyOn(process, "emitWarning").mockReturnValue();
  new BlockingWatchdog({
    onBlocked: () => {
      throw Object.create(null);
    },
  });
  thread.events!.emit("message", { kind: "blocked", blockedMs: 200, stack: [] });
  await settle();
  expect(warning.mock.calls).toEqual([["what can't be shown: object"]]);
});
