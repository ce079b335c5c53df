import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LearnedRanking } from "../../../../src/tools/learning/learned-ranking.ts";

const names = ["weather", "stocks", "mail", "calendar", "maps"];
const ids = {
  version: 1,
  size: names.length,
  idOf: (name: string) => (names.includes(name) ? names.indexOf(name) : undefined),
};
const nothing = [0, 0, 0, 0, 0];

function lifted(
  ranking: LearnedRanking,
  terms: readonly string[],
  before: readonly number[] = nothing,
): number[] {
  const scores = Float32Array.from(before);
  ranking.lift(terms, scores, ids);
  return Array.from(scores);
}

function used(ranking: LearnedRanking, terms: readonly string[], name: string, times = 1): void {
  for (let i = 0; i < times; i++) ranking.record(terms, { shown: names, used: [name] });
}

const term = fc.constantFrom("rain", "price", "send", "route", "today", "find", "new");
const terms = fc.array(term, { maxLength: 8 });
const outcome = fc.record({
  terms,
  used: fc.array(fc.constantFrom(...names, "unknown"), { maxLength: 3 }),
  succeeded: fc.boolean(),
});
const outcomes = fc.array(outcome, { maxLength: 60 });

function taught(all: readonly { terms: string[]; used: string[]; succeeded: boolean }[]): LearnedRanking {
  const ranking = new LearnedRanking();
  for (const { terms, used, succeeded } of all) ranking.record(terms, { shown: names, used, succeeded });
  return ranking;
}

describe("LearnedRanking", () => {
  it("changes nothing before the first feedback", () => {
    expect(lifted(new LearnedRanking(), ["rain"], [1, 2, 3, 4, 5])).toEqual([1, 2, 3, 4, 5]);
  });

  it("lifts the tool that a term was used with, by the likelihood ratio that its docstring gives", () => {
    const ranking = new LearnedRanking({ weight: 1, maxLead: 1000 });
    used(ranking, ["rain"], "weather", 3);
    used(ranking, ["price"], "stocks", 1);
    const p = (3 + 1.5) / (4 + 300);
    const nat = 1 / Math.log(2 * 5 + 2);
    const expected = nat * (Math.log(1 + 3 / (100 * p)) + Math.log(100 / 103));
    expect(lifted(ranking, ["rain"])[0]).toBeCloseTo(expected, 3);
    expect(ranking.explain(["rain"], "weather", ids).lift).toBeCloseTo(expected, 3);
    // A tenth of the score is kept, here of 0.
    expect(lifted(ranking, ["rain"]).slice(1)).toEqual([0, 0, 0, 0]);
    expect(lifted(ranking, ["rain"], [1, 1, 1, 1, 1])[1]).toBeCloseTo(1 + nat * Math.log(100 / 101), 6);
  });

  it("learns from the first outcomes, when all are of one tool and of the same terms", () => {
    const ranking = new LearnedRanking();
    const leads = [1, 2, 3].map((uses) => {
      used(ranking, ["rain", "today"], "weather", 1);
      expect(ranking.explain(["rain"], "weather", ids).uses).toBe(uses);
      return lifted(ranking, ["rain", "tomorrow"], [0.2, 0.2, 0.2, 0.2, 0.2])[0]! - 0.2;
    });
    expect(leads[0]).toBeGreaterThan(0.1);
    expect(leads.toSorted((a, b) => a - b)).toEqual(leads);
  });

  it("lifts by query: another query's tool stays where it was", () => {
    const ranking = new LearnedRanking();
    used(ranking, ["rain", "today"], "weather", 20);
    used(ranking, ["price", "today"], "stocks", 20);
    const rain = lifted(ranking, ["rain", "today"], [1, 1, 1, 1, 1]);
    const price = lifted(ranking, ["price", "today"], [1, 1, 1, 1, 1]);
    expect(rain[0]).toBeGreaterThan(rain[1]!);
    expect(price[1]).toBeGreaterThan(price[0]!);
  });

  it("tells neighbours from terms that merely both occur", () => {
    const ranking = new LearnedRanking();
    used(ranking, ["new", "york"], "maps", 10);
    used(ranking, ["york", "new"], "mail", 10);
    const scores = lifted(ranking, ["new", "york"]);
    expect(scores[4]).toBeGreaterThan(scores[2]!);
  });

  it("a tool without feedback keeps its score, and never falls behind by more than maxLead", () => {
    fc.assert(
      fc.property(outcomes, terms, (all, query) => {
        const ranking = taught(
          all.map((one) => ({ ...one, used: one.used.filter((name) => name !== "maps") })),
        );
        const scores = lifted(ranking, query, [2, 2, 2, 2, 2]);
        expect(scores[4]).toBe(2);
        const nat = 1.6 / (Math.log(12) * Math.sqrt(Math.max(1, new Set(query).size)));
        const free = names.map((name) => {
          const { lift, bound } = ranking.explain(query, name, ids);
          return (lift - bound) / nat;
        });
        const excess = Math.max(0, Math.max(...free) - 1.2);
        for (const [i, name] of names.entries()) {
          // The bound holds to a half after one use, and the more nearly the more there are.
          const { uses } = ranking.explain(query, name, ids);
          expect((scores[i]! - 2) / nat).toBeLessThanOrEqual(1.2 + excess / (Math.abs(uses) + 1) + 1e-4);
        }
      }),
    );
  });

  it("a tool keeps a tenth of its score, whatever was used before", () => {
    const ranking = new LearnedRanking({ weight: 100 });
    used(ranking, ["rain"], "weather", 50);
    used(ranking, ["price"], "stocks", 50);
    const scores = lifted(ranking, ["price"], [3, 0, 0, 0, 0]);
    expect(scores[0]).toBeCloseTo(0.3, 6);
  });

  it("never gives anything but finite scores ≥ 0", () => {
    fc.assert(
      fc.property(outcomes, fc.array(fc.string(), { maxLength: 80 }), terms, (all, odd, query) => {
        const ranking = taught(all);
        ranking.record(odd, { shown: names, used: ["mail"] });
        for (const asked of [query, odd, []])
          for (const score of lifted(ranking, asked, [0, 1, 1e-30, 50, 1e9])) {
            expect(Number.isFinite(score)).toBe(true);
            expect(score).toBeGreaterThanOrEqual(0);
          }
      }),
    );
  });

  it("failures take away what successes gave, and count a quarter", () => {
    const ranking = new LearnedRanking();
    used(ranking, ["rain"], "weather", 2);
    const before = ranking.explain(["rain"], "weather", ids);
    for (let i = 0; i < 4; i++)
      ranking.record(["rain"], { shown: names, used: ["weather"], succeeded: false });
    const after = ranking.explain(["rain"], "weather", ids);
    expect([before.uses, after.uses]).toEqual([2, 1]);
    const failing = new LearnedRanking();
    failing.record(["rain"], { shown: names, used: ["weather"], succeeded: false });
    expect(failing.explain(["rain"], "weather", ids).lift).toBeLessThan(0);
  });

  it("the explanation is what lift adds", () => {
    fc.assert(
      fc.property(outcomes, terms, (all, query) => {
        const ranking = taught(all);
        const before = names.map(() => 1000);
        const scores = lifted(ranking, query, before);
        for (const [i, name] of names.entries()) {
          const { lift, terms, bound } = ranking.explain(query, name, ids);
          expect(lift).toBeCloseTo(scores[i]! - 1000, 2);
          expect(terms.reduce((sum, part) => sum + part.lift, bound)).toBeCloseTo(lift, 9);
        }
      }),
    );
  });

  it("explains by the terms' own text, the strongest first", () => {
    const ranking = new LearnedRanking();
    used(ranking, ["rain", "today"], "weather", 5);
    used(ranking, ["price", "today"], "stocks", 5);
    const { terms, uses } = ranking.explain(["today", "rain", "today"], "weather", ids);
    expect(uses).toBe(5);
    expect(terms.map(({ term }) => term)).toEqual(["rain", "rain today", "today"]);
    expect(ranking.explain(["rain"], "nobody", ids)).toEqual({ uses: 0, lift: 0, terms: [], bound: 0 });
  });

  it("weight 0 lifts nothing, and maxLead bounds the lead", () => {
    const silent = new LearnedRanking({ weight: 0 });
    used(silent, ["rain"], "weather", 9);
    expect(lifted(silent, ["rain"])).toEqual(nothing);
    const [free, bound] = [1000, 0.01].map((maxLead) => {
      const ranking = new LearnedRanking({ maxLead });
      used(ranking, ["rain"], "weather", 30);
      used(ranking, ["price"], "stocks", 30);
      return lifted(ranking, ["rain"])[0]!;
    });
    expect(bound).toBeLessThan(free! / 2);
  });

  it("follows a catalogue that changes: a removed tool is passed over and keeps its evidence", () => {
    const ranking = new LearnedRanking();
    used(ranking, ["rain"], "weather", 9);
    used(ranking, ["price"], "stocks", 9);
    const places = new Map([["weather", 1]]);
    const changing = { version: 1, size: 1, idOf: (name: string) => places.get(name) };
    const at = (): number[] => {
      const scores = new Float32Array(2);
      ranking.lift(["rain"], scores, changing);
      return Array.from(scores, (score) => (score > 0 ? 1 : 0));
    };
    expect(at()).toEqual([0, 1]);
    places.set("weather", 0);
    changing.version++;
    expect(at()).toEqual([1, 0]);
    places.delete("weather");
    changing.version++;
    expect(at()).toEqual([0, 0]);
    places.set("weather", 1);
    changing.version++;
    expect(at()).toEqual([0, 1]);
  });

  it("resets one tool, as if it had never got feedback, or all", () => {
    const ranking = new LearnedRanking();
    used(ranking, ["rain"], "weather", 9);
    used(ranking, ["price"], "stocks", 9);
    const without = new LearnedRanking();
    used(without, ["price"], "stocks", 9);
    expect(ranking.reset("weather")).toBe(true);
    expect(ranking.reset("weather")).toBe(false);
    expect(ranking.save()).toEqual(without.save());
    expect(lifted(ranking, ["price"])).toEqual(lifted(without, ["price"]));
    expect(ranking.reset()).toBe(true);
    expect(ranking.reset()).toBe(false);
    expect(ranking.save()).toEqual(new LearnedRanking().save());
    expect(ranking.stats()).toMatchObject({ tools: 0, pairs: 0, features: 0 });
  });

  it("the same outcomes give the same bytes, and what is merged is what one would have learned", () => {
    fc.assert(
      fc.property(outcomes, outcomes, (a, b) => {
        const all = taught([...a, ...b]);
        expect(taught([...a, ...b]).save()).toEqual(all.save());
        const merged = taught(a);
        merged.merge(taught(b));
        expect(merged.save()).toEqual(all.save());
      }),
    );
  });

  it("won't be merged with itself, or with something else", () => {
    const ranking = new LearnedRanking();
    expect(() => ranking.merge(ranking)).toThrow(RangeError);
    expect(() => ranking.merge({} as LearnedRanking)).toThrow(TypeError);
  });
});

describe("feedback that can't be right", () => {
  it("names that were not shown, and repeated ones, teach nothing and are counted", () => {
    const ranking = new LearnedRanking();
    ranking.record(["rain"], { shown: ["mail"], used: ["weather", "unknown"] });
    expect(ranking.stats()).toMatchObject({
      recorded: 0,
      withoutUse: 1,
      usedNotShown: 2,
      tools: 0,
      pairs: 0,
    });
    ranking.record(["rain"], { shown: names, used: ["weather", "weather"] });
    expect(ranking.explain(["rain"], "weather", ids).uses).toBe(1);
    ranking.record(["rain"], { shown: names, used: [] });
    expect(ranking.stats()).toMatchObject({ recorded: 1, withoutUse: 2 });
  });

  it("reads 48 terms, none of more than 128 characters, and 32 names", () => {
    const ranking = new LearnedRanking();
    const long = "x".repeat(1 << 20);
    const many = Array.from({ length: 100_000 }, (_, i) => `term${i}`);
    ranking.record([long, "", ...many], { shown: names, used: ["mail"] });
    expect(ranking.stats().features).toBe(46 + 45);
    expect(ranking.explain([long], "mail", ids).terms).toEqual([]);
    const crowd = Array.from({ length: 1000 }, (_, i) => `tool${i}`);
    ranking.record(["rain"], { shown: crowd, used: crowd });
    expect(ranking.stats().tools).toBe(33);
  });

  it("a name of more than 1,024 characters teaches nothing", () => {
    const ranking = new LearnedRanking();
    const long = "x".repeat(1025);
    ranking.record(["rain"], { shown: [long], used: [long] });
    expect(ranking.stats()).toMatchObject({ tools: 0, withoutUse: 1 });
  });

  it("a wrong type is a TypeError, and nothing has been learned", () => {
    const ranking = new LearnedRanking();
    const record = ranking.record.bind(ranking) as (terms: unknown, outcome: unknown) => void;
    const fine = { shown: names, used: ["mail"] };
    expect(() => record("rain", fine)).toThrow("terms: expected an array of strings");
    expect(() => record([3], fine)).toThrow("terms[0]: expected a string, got 3");
    expect(() => record(["rain"], null)).toThrow(TypeError);
    expect(() => record(["rain"], { ...fine, shown: undefined })).toThrow(
      "shown: expected an array of strings",
    );
    expect(() => record(["rain"], { ...fine, used: [null] })).toThrow("used[0]: expected a string, got null");
    expect(() => record(["rain"], { ...fine, succeeded: 1 })).toThrow("succeeded: expected a boolean, got 1");
    expect(ranking.stats()).toMatchObject({ recorded: 0, withoutUse: 0, tools: 0 });
  });

  it("options out of bounds are refused", () => {
    expect(() => new LearnedRanking({ weight: -1 })).toThrow(RangeError);
    expect(() => new LearnedRanking({ maxLead: Number.NaN })).toThrow(RangeError);
    expect(() => new LearnedRanking({ maxPairs: 1023 })).toThrow(RangeError);
    expect(() => new LearnedRanking({ maxTools: 0 })).toThrow(RangeError);
    expect(() => new LearnedRanking({ maxPair: 5000 } as object)).toThrow(TypeError);
  });
});

describe("bounded memory", () => {
  it("never holds more pairs than it may, and keeps what is most evident", () => {
    const ranking = new LearnedRanking({ maxPairs: 1024 });
    for (let i = 0; i < 3000; i++) {
      ranking.record([`odd${i}`, `rare${i}`], { shown: names, used: ["mail"] });
      used(ranking, ["rain"], "weather");
      expect(ranking.stats().pairs).toBeLessThanOrEqual(1024);
    }
    expect(ranking.stats().trims).toBeGreaterThan(5);
    expect(ranking.explain(["rain"], "weather", ids).terms[0]!.lift).toBeGreaterThan(0);
    expect(ranking.stats().sizeBytes).toBeLessThan(200_000);
  });

  it("never holds more tools than it may", () => {
    const ranking = new LearnedRanking({ maxTools: 8 });
    used(ranking, ["rain"], "weather", 5);
    for (let i = 0; i < 100; i++) {
      ranking.record(["price"], { shown: [`tool${i}`], used: [`tool${i}`] });
      expect(ranking.stats().tools).toBeLessThanOrEqual(8);
    }
    expect(ranking.explain(["rain"], "weather", ids).uses).toBe(5);
  });

  it("shows what it holds as metrics", () => {
    const ranking = new LearnedRanking();
    used(ranking, ["rain", "today"], "weather", 2);
    ranking.record([], { shown: [], used: ["mail"] });
    const samples = [...ranking.collect()].map((sample) => [
      sample.name,
      sample.labels.outcome,
      sample.type === "histogram" ? undefined : sample.value,
    ]);
    expect(samples).toEqual([
      ["victor.tools.learning.outcomes", "recorded", 2],
      ["victor.tools.learning.outcomes", "without_use", 1],
      ["victor.tools.learning.used_not_shown", undefined, 1],
      ["victor.tools.learning.pairs", undefined, 3],
      ["victor.tools.learning.size", undefined, ranking.stats().sizeBytes],
    ]);
  });
});
