import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AlertState, type AlertTiming, calmMs, type Outcome } from "../../../src/alerts/alert-state.ts";

const timing: AlertTiming = { forMs: 2000, resolveForMs: 3000, staleMs: 5000, maxGapMs: 3000 };

/** One look a second. @returns what each told, `-` for nothing */
function looks(state: AlertState, outcomes: string, fromMs = 0): string {
  const of: Record<string, Outcome> = { b: "bad", g: "good", m: "between", u: "unknown" };
  const told = { fired: "F", resolved: "R", lost: "L" };
  return [...outcomes]
    .map((outcome, i) => {
      const what = state.observe(fromMs + 1000 * i, of[outcome]!);
      return what === undefined ? "-" : told[what];
    })
    .join("");
}

describe("an alert", () => {
  test("fires after two seconds of bad looks, and resolves after three of good ones", () => {
    expect(looks(new AlertState(timing), "bbbbbggggg")).toBe("--F-----R-");
  });
  test("with no durations fires and resolves at the first look", () => {
    expect(looks(new AlertState({ ...timing, forMs: 0, resolveForMs: 0 }), "gbbg")).toBe("-F-R");
  });
  test("that is interrupted while pending starts anew", () => {
    expect(looks(new AlertState(timing), "bbgbbmbbubbb")).toBe("-----------F");
  });
  test("between its bounds neither fires nor resolves", () => {
    expect(looks(new AlertState(timing), "bbbgggmgggmgggg")).toBe("--F-----------R");
  });
  test("of which nothing is known stays, then is lost", () => {
    expect(looks(new AlertState(timing), "bbbuuuubuuuuuuu")).toBe("--F----------L-");
  });
  test("pending of which nothing is known is forgotten", () => {
    const state = new AlertState(timing);
    expect(looks(state, "buuuuuuu")).toBe("--------");
    expect(state.phase).toBe("inactive");
  });
  test("does not take what it saw before a gap to have held within it", () => {
    const state = new AlertState(timing);
    state.observe(0, "bad");
    expect(state.observe(60_000, "bad")).toBeUndefined();
    expect(state.phase).toBe("pending");
    expect(state.observe(62_000, "bad")).toBe("fired");
    state.observe(63_000, "good");
    expect(state.observe(90_000, "good")).toBeUndefined();
    expect(state.observe(93_000, "good")).toBe("resolved");
  });
  test("that comes and goes resolves more and more slowly, until it has been calm for an hour", () => {
    const state = new AlertState({ ...timing, forMs: 0, resolveForMs: 0 });
    let nowMs = 0;
    const resolves: number[] = [];
    for (let i = 0; i < 9; i++) {
      nowMs += 1000;
      expect(state.observe(nowMs, "bad")).toBe("fired");
      const firedMs = nowMs;
      do nowMs += 1000;
      while (state.observe(nowMs, "good") !== "resolved");
      resolves.push((nowMs - firedMs - 1000) / 1000);
    }
    expect(resolves).toEqual([0, 10, 20, 40, 80, 160, 320, 640, 640]);
    expect(state.isForgettable(nowMs)).toBe(false);
    nowMs += calmMs;
    expect(state.isForgettable(nowMs)).toBe(true);
    state.observe(nowMs, "bad");
    expect(state.resolveForMs).toBe(0);
  });
});

/** Says the same as the machine by looking through all that ever was. */
class PlainAlert {
  readonly #timing: AlertTiming;
  readonly #looks: { readonly ms: number; readonly outcome: Outcome }[] = [];
  readonly #fired: number[] = [];
  readonly #resolved: number[] = [];
  constructor(timing: AlertTiming) {
    this.#timing = timing;
  }
  /** How long all looks without a gap have given this outcome. */
  #held(): number {
    let first = this.#looks.at(-1)!;
    for (const look of this.#looks.toReversed()) {
      if (look.outcome !== first.outcome || first.ms - look.ms > this.#timing.maxGapMs) break;
      first = look;
    }
    return this.#looks.at(-1)!.ms - first.ms;
  }
  #repeats(): number {
    let repeats = 0;
    for (let i = this.#fired.length - 1; i > 0 && this.#fired[i]! - this.#resolved[i - 1]! < calmMs; i--)
      repeats++;
    return repeats;
  }
  observe(ms: number, outcome: Outcome): string | undefined {
    this.#looks.push({ ms, outcome });
    const { forMs, resolveForMs, staleMs } = this.#timing;
    if (this.#fired.length > this.#resolved.length) {
      const repeats = this.#repeats();
      const damping = repeats === 0 ? 0 : 10_000 * 2 ** Math.min(6, repeats - 1);
      const isOver = outcome === "good" && this.#held() >= Math.max(resolveForMs, damping);
      const isLost = outcome === "unknown" && this.#held() >= staleMs;
      if (!isOver && !isLost) return undefined;
      this.#resolved.push(ms);
      return isOver ? "resolved" : "lost";
    }
    if (outcome !== "bad" || this.#held() < forMs) return undefined;
    this.#fired.push(ms);
    return "fired";
  }
}

const step = fc.record({
  afterMs: fc.oneof(
    { weight: 20, arbitrary: fc.constant(1000) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 20_000 }) },
    { weight: 1, arbitrary: fc.constant(calmMs) },
  ),
  outcome: fc.constantFrom<Outcome>("bad", "bad", "good", "good", "between", "unknown"),
  times: fc.integer({ min: 1, max: 15 }),
});

test("whatever it sees, it tells what a plain model tells that keeps everything", () => {
  const zero = fc.constantFrom(0, 1000, 2500, 4000);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), zero, zero, (steps, forMs, resolveForMs) => {
      const own = { ...timing, forMs, resolveForMs };
      const [state, plain] = [new AlertState(own), new PlainAlert(own)];
      let nowMs = 0;
      for (const { afterMs, outcome, times } of steps)
        for (let i = 0; i < times; i++) {
          nowMs += i === 0 ? afterMs : 1000;
          expect(state.observe(nowMs, outcome)).toBe(plain.observe(nowMs, outcome));
        }
    }),
    { numRuns: 300 },
  );
});

test("it never fires more than 13 times in an hour, however it flaps", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 100, maxLength: 300 }), (lengths) => {
      const state = new AlertState({ ...timing, forMs: 0, resolveForMs: 0 });
      const fired: number[] = [];
      let nowMs = 0;
      for (const [i, length] of lengths.entries())
        for (let k = 0; k < (i % 2 === 0 ? 1 : length * 20); k++) {
          nowMs += 1000;
          if (state.observe(nowMs, i % 2 === 0 ? "bad" : "good") === "fired") fired.push(nowMs);
        }
      for (const from of fired)
        expect(fired.filter((ms) => ms >= from && ms < from + calmMs).length).toBeLessThanOrEqual(13);
    }),
    { numRuns: 30 },
  );
});
