import { describe, expect, test } from "vitest";
import { singleFlight } from "../../../src/algorithms/single-flight.ts";
import { settle } from "../../support/fake-clock.ts";

/** A load that the test ends when it likes. */
function controlled() {
  const calls: (PromiseWithResolvers<number> & { signal: AbortSignal | undefined })[] = [];
  const load = (signal?: AbortSignal) => {
    const call = { ...Promise.withResolvers<number>(), signal };
    calls.push(call);
    return call.promise;
  };
  return { calls, load };
}

describe("singleFlight", () => {
  test("runs one load for all who ask while it runs, and another after it", async () => {
    const flights = singleFlight<string, number>();
    const { calls, load } = controlled();
    const both = [flights.run("a", load), flights.run("a", load)];
    const other = flights.run("b", load);
    expect(calls.length).toBe(2);
    expect(flights.size).toBe(2);
    calls[0]!.resolve(1);
    calls[1]!.resolve(2);
    expect(await Promise.all([...both, other])).toEqual([1, 1, 2]);
    expect(flights.size).toBe(0);
    void flights.run("a", load);
    expect(calls.length).toBe(3);
  });

  test("gives a failure to all callers and doesn't keep it", async () => {
    const flights = singleFlight<string, number>();
    const { calls, load } = controlled();
    const both = [flights.run("a", load), flights.run("a", load)];
    calls[0]!.reject(new Error("no"));
    expect(await Promise.allSettled(both)).toMatchObject([
      { status: "rejected", reason: { message: "no" } },
      { status: "rejected", reason: { message: "no" } },
    ]);
    const again = flights.run("a", load);
    calls[1]!.resolve(3);
    expect(await again).toBe(3);
  });

  test("turns a throw of the load into a rejection", async () => {
    const flights = singleFlight<string, number>();
    await expect(
      flights.run("a", () => {
        throw new Error("at once");
      }),
    ).rejects.toThrow("at once");
    expect(flights.size).toBe(0);
  });

  test("is over at once with a load that gives no promise", async () => {
    const flights = singleFlight<string, number>();
    const answer = flights.run("a", () => 5);
    expect(flights.size).toBe(0);
    expect(await answer).toBe(5);
  });

  test("is one load also with promises that aren't native, such as a query builder's", async () => {
    const flights = singleFlight<string, number>();
    for (const callable of [false, true]) {
      let loads = 0;
      const load = (): PromiseLike<number> => {
        const call = Promise.withResolvers<number>();
        call.resolve(++loads);
        // biome-ignore lint/suspicious/noThenProperty: a query builder has one
        return Object.assign(callable ? () => {} : {}, { then: call.promise.then.bind(call.promise) });
      };
      const both = [flights.run("a", load), flights.run("a", load)];
      expect(flights.size).toBe(1);
      expect([await Promise.all(both), loads, flights.size]).toEqual([[1, 1], 1, 0]);
    }
  });

  test("lets nobody join a superseded flight, which still answers its own callers", async () => {
    const flights = singleFlight<string, number>();
    const { calls, load } = controlled();
    const old = flights.run("a", load);
    expect(flights.supersede("a")).toBe(true);
    expect(flights.supersede("a")).toBe(false);
    const young = flights.run("a", load);
    calls[0]!.resolve(1);
    expect(await old).toBe(1);
    // The end of the old one must not end the young one's being joined.
    const joined = flights.run("a", load);
    expect(calls.length).toBe(2);
    calls[1]!.resolve(2);
    expect(await Promise.all([young, joined])).toEqual([2, 2]);
  });

  test("asks the flight whether it may be joined, each time", async () => {
    const flights = singleFlight<string, number>();
    const { calls, load } = controlled();
    let valid = true;
    const first = flights.run("a", load, { joinable: () => valid });
    const second = flights.run("a", load, { joinable: () => true });
    valid = false;
    const third = flights.run("a", load, { joinable: () => true });
    const fourth = flights.run("a", load);
    expect(calls.length).toBe(2);
    calls[0]!.resolve(1);
    calls[1]!.resolve(2);
    expect(await Promise.all([first, second, third, fourth])).toEqual([1, 1, 2, 2]);
  });

  test("detaches only the caller whose signal aborts", async () => {
    const flights = singleFlight<string, number>();
    const { calls, load } = controlled();
    const controller = new AbortController();
    const leaving = flights.run("a", load, { signal: controller.signal });
    const staying = flights.run("a", load);
    controller.abort(new Error("enough"));
    await expect(leaving).rejects.toThrow("enough");
    expect(calls[0]!.signal?.aborted).toBe(false);
    calls[0]!.resolve(1);
    expect(await staying).toBe(1);
  });

  test("aborts the load itself once all of its callers have left, and starts anew for the next", async () => {
    const flights = singleFlight<string, number>();
    const { calls, load } = controlled();
    const controllers = [new AbortController(), new AbortController()];
    const leaving = Promise.allSettled(controllers.map(({ signal }) => flights.run("a", load, { signal })));
    controllers[0]!.abort(new Error("first"));
    expect(calls[0]!.signal?.aborted).toBe(false);
    controllers[1]!.abort(new Error("second"));
    expect(calls[0]!.signal?.reason).toEqual(new Error("second"));
    void flights.run("a", load);
    expect(calls.length).toBe(2);
    calls[0]!.reject(new Error("cancelled"));
    await settle();
    expect((await leaving).map((each) => each.status)).toEqual(["rejected", "rejected"]);
    expect(flights.size).toBe(1);
  });

  test("gives the load no signal when its first caller brought none", () => {
    const flights = singleFlight<string, number>();
    const { calls, load } = controlled();
    void flights.run("a", load);
    void flights.run("a", load, { signal: new AbortController().signal });
    expect(calls.map((call) => call.signal)).toEqual([undefined]);
  });

  test("starts nothing for a caller whose signal has aborted before", async () => {
    const flights = singleFlight<string, number>();
    const { calls, load } = controlled();
    await expect(flights.run("a", load, { signal: AbortSignal.abort(new Error("late")) })).rejects.toThrow(
      "late",
    );
    expect(calls.length).toBe(0);
  });

  test("lets a caller go whose signal aborts while the load begins, or while it is asked whether one may join", async () => {
    const flights = singleFlight<string, number>();
    const { calls, load } = controlled();
    const controllers = [new AbortController(), new AbortController()];
    const begun = flights.run(
      "a",
      (signal) => {
        controllers[0]!.abort(new Error("enough"));
        return load(signal);
      },
      { signal: controllers[0]!.signal },
    );
    await expect(begun).rejects.toThrow("enough");
    expect([calls[0]!.signal?.aborted, flights.size]).toEqual([true, 0]);
    const joinable = () => {
      controllers[1]!.abort(new Error("too late"));
      return true;
    };
    const staying = flights.run("a", load, { joinable });
    const joined = flights.run("a", load, { signal: controllers[1]!.signal });
    await expect(joined).rejects.toThrow("too late");
    calls[1]!.resolve(1);
    expect([await staying, calls.length]).toEqual([1, 2]);
  });
});

test("what a load gives may throw when it is asked whether it is a promise; nothing is left unhandled", async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  try {
    const flights = singleFlight<string, unknown>();
    const spoilt = new Proxy(Object.create(null) as object, {
      get() {
        throw new Error("spoilt");
      },
    });
    await expect(flights.run("a", () => spoilt)).rejects.toThrow("spoilt");
    await settle();
    expect([unhandled, flights.size]).toEqual([[], 0]);
  } finally {
    process.off("unhandledRejection", note);
  }
});
