import { AsyncLocalStorage } from "node:async_hooks";
import type { Dispatcher } from "undici";
import { describe, expect, it } from "vitest";
import { type RequestContext, requestContext } from "../../../../src/network/policy.ts";
import { WaitingRequests } from "../../../../src/network/transport/waiting-requests.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

function setUp() {
  const clock = new FakeClock();
  let left = 0;
  const queuedAbort = Symbol("queued abort");
  const waiting = new WaitingRequests("https://a.example", clock, queuedAbort, () => left++);
  const failed: [string, Error][] = [];
  const push = (path: string, context: RequestContext = {}, more: object = {}) =>
    waiting.push({ path, method: "GET", [requestContext]: context, ...more } as Dispatcher.DispatchOptions, {
      onResponseError: (_controller, error) => failed.push([path, error]),
    });
  const paths = () => {
    const all: string[] = [];
    for (let next = waiting.shift(); next; next = waiting.shift()) all.push(next.options.path);
    return all;
  };
  return { clock, waiting, failed, push, paths, queuedAbort, left: () => left };
}

describe("requests that wait", () => {
  it("leave in the order in which they came", () => {
    const { push, paths, waiting } = setUp();
    for (let i = 0; i < 3_000; i++) push(`${i}`);
    expect(waiting.size).toBe(3_000);
    expect(waiting.peek()!.options.path).toBe("0");
    expect(paths()).toEqual(Array.from({ length: 3_000 }, (_, i) => `${i}`));
    expect([waiting.size, waiting.peek(), waiting.lastOrder]).toEqual([0, undefined, 3_000]);
  });

  it("leave at once when their signal aborts, and leave no listener or timer behind when they are sent", async () => {
    const { clock, push, paths, failed, left, waiting } = setUp();
    const aborting = new AbortController();
    push("a", { signal: aborting.signal });
    push("b", { signal: aborting.signal, deadline: 100 });
    push("c");
    expect(waiting.shift()!.options.path).toBe("a");
    aborting.abort("enough");
    expect(failed).toEqual([["b", "enough"]]);
    expect(left()).toBe(1);
    expect(clock.pending).toBe(0);
    expect(paths()).toEqual(["c"]);
  });

  it("leave when their deadline passes, with an error that says what they waited for", async () => {
    const { clock, push, failed, waiting } = setUp();
    await clock.advance(50);
    push("a", { deadline: 60, timeoutMs: 60 });
    await clock.advance(9);
    expect(failed).toEqual([]);
    await clock.advance(1);
    expect(failed[0]![1]).toMatchObject({ code: "VICTOR_DEADLINE", timeoutMs: 60 });
    expect(failed[0]![1].message).toContain("connection to https://a.example");
    expect(waiting.size).toBe(0);
  });

  it("fail without waiting when their signal has aborted already", () => {
    const { push, failed, waiting } = setUp();
    push("a", { signal: AbortSignal.abort("before") });
    expect(failed).toEqual([["a", "before"]]);
    expect(waiting.size).toBe(0);
  });

  it("are taken back by undici's own way, once", () => {
    const { push, failed, queuedAbort } = setUp();
    let takeBack = (_reason: Error) => {};
    push("a", {}, { [queuedAbort]: (fn: (reason: Error) => void) => (takeBack = fn) });
    const reason = new Error("taken back");
    takeBack(reason);
    takeBack(reason);
    expect(failed).toEqual([["a", reason]]);
  });

  it("run in their caller's context", () => {
    const { push, waiting } = setUp();
    const storage = new AsyncLocalStorage<string>();
    storage.run("mine", () => push("a"));
    expect(waiting.shift()!.scope.runInAsyncScope(() => storage.getStore())).toBe("mine");
  });

  it("don't pile up when they leave before their turn", () => {
    const { push, paths, waiting } = setUp();
    push("first");
    for (let i = 0; i < 3_000; i++) {
      const aborting = new AbortController();
      push(`${i}`, { signal: aborting.signal });
      aborting.abort();
    }
    push("last");
    expect(waiting.size).toBe(2);
    expect(paths()).toEqual(["first", "last"]);
  });
});
