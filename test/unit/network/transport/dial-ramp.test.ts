import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DialPace,
  type DialState,
  furtherDials,
  type Pace,
} from "../../../../src/network/transport/dial-ramp.ts";

const limits = { connections: 64, sessions: 4 };
const state = ({ window, serviceMs, dialMs, ...some }: Partial<DialState & Pace>): DialState => ({
  waiting: 100,
  dialing: 0,
  open: 0,
  inFlight: 0,
  protocol: undefined,
  hedges: 0,
  pace: { window: window ?? 4, serviceMs, dialMs },
  ...some,
});
const dials = (some: Partial<DialState & Pace>) => furtherDials(state(some), limits);

describe("how many connections to open", () => {
  it("is one while the protocol is unknown, and another for each that hangs", () => {
    expect(dials({})).toBe(1);
    expect(dials({ dialing: 1 })).toBe(0);
    expect(dials({ dialing: 1, hedges: 1 })).toBe(1);
    expect(dials({ dialing: 2, hedges: 1 })).toBe(0);
  });

  it("is one at a time with HTTP/2, up to four", () => {
    expect(dials({ protocol: "h2", open: 1, inFlight: 100 })).toBe(1);
    expect(dials({ protocol: "h2", open: 1, dialing: 1, inFlight: 100 })).toBe(0);
    expect(dials({ protocol: "h2", open: 3, inFlight: 300 })).toBe(1);
    expect(dials({ protocol: "h2", open: 4, inFlight: 400 })).toBe(0);
  });

  it("is more with HTTP/2 while the server allows few streams, so that no fewer requests are under way than with HTTP/1.1", () => {
    expect(dials({ protocol: "h2", open: 4, inFlight: 4 })).toBe(1);
    expect(dials({ protocol: "h2", open: 63, inFlight: 63 })).toBe(1);
    expect(dials({ protocol: "h2", open: 64, inFlight: 64 })).toBe(0);
  });

  it("is with HTTP/1.1 as many as the window allows, and as wait", () => {
    expect(dials({ protocol: "h1" })).toBe(4);
    expect(dials({ protocol: "h1", dialing: 3, open: 1, window: 5 })).toBe(2);
    expect(dials({ protocol: "h1", waiting: 2 })).toBe(2);
    expect(dials({ protocol: "h1", waiting: 2, dialing: 2 })).toBe(0);
    expect(dials({ protocol: "h1", open: 62, window: 32 })).toBe(2);
  });

  it("is with HTTP/1.1 no more than pay: those that wait need 40 ms on 5 connections, another takes 20 to open", () => {
    const waits = { protocol: "h1" as const, waiting: 100, serviceMs: 2, dialMs: 20, window: 32 };
    expect(dials({ ...waits, open: 5 })).toBe(5);
    expect(dials({ ...waits, open: 10 })).toBe(0);
    expect(dials({ ...waits, open: 0, serviceMs: 0 })).toBe(1);
  });

  it("never exceeds the limits, and is never nothing while there is nothing to wait for", () => {
    const small = fc.nat(200);
    const duration = fc.option(fc.double({ min: 0, max: 1e4, noNaN: true }), { nil: undefined });
    const states = fc.record({
      waiting: fc.integer({ min: 1, max: 200 }),
      dialing: small,
      open: small,
      inFlight: small,
      protocol: fc.constantFrom("h1" as const, "h2" as const, undefined),
      hedges: fc.nat(3),
      window: fc.integer({ min: 1, max: 32 }),
      serviceMs: duration,
      dialMs: duration,
    });
    fc.assert(
      fc.property(states, (some) => {
        const further = furtherDials(state(some), limits);
        expect(further).toBeGreaterThanOrEqual(0);
        expect(Number.isInteger(further)).toBe(true);
        if (further > 0) expect(some.open + some.dialing + further).toBeLessThanOrEqual(64);
        if (some.open + some.dialing === 0) expect(further).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  it("grows its window by one with each that opens, halves it with each that fails", () => {
    const pace = new DialPace();
    expect(pace.window).toBe(4);
    for (let i = 0; i < 3; i++) pace.opened(8);
    expect([pace.window, pace.dialMs]).toEqual([7, 8]);
    pace.opened(16);
    expect(pace.dialMs).toBe(9);
    for (const window of [4, 2, 1, 1]) {
      pace.failed();
      expect(pace.window).toBe(window);
    }
    for (let i = 0; i < 100; i++) pace.opened(8);
    expect(pace.window).toBe(32);
  });

  it("believes a fast response at once, and slow ones by and by", () => {
    const pace = new DialPace();
    for (const [tookMs, serviceMs] of [
      [10, 10],
      [42, 11],
      [3, 3],
    ] as const) {
      pace.served(tookMs);
      expect(pace.serviceMs).toBe(serviceMs);
    }
  });
});
