import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LearnedStateError } from "../../../../src/errors.ts";
import { ByteHash } from "../../../../src/kernels/index.ts";
import { LearnedRanking } from "../../../../src/tools/learning/learned-ranking.ts";

const names = ["weather", "stocks", "наука", "\ud800"];
const ids = { version: 1, size: names.length, idOf: (name: string) => names.indexOf(name) };

function taught(seed = 1, times = 40): LearnedRanking {
  const ranking = new LearnedRanking();
  for (let i = 0; i < times; i++)
    ranking.record([`term${(i * seed) % 7}`, `word${i % 5}`], { shown: names, used: [names[(i * i) % 4]!] });
  return ranking;
}

function withChecksum(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer);
  const hash = new ByteHash(0);
  view.setInt32(bytes.length - 8, hash.hash(bytes.subarray(0, bytes.length - 8)), true);
  view.setInt32(bytes.length - 4, hash.high, true);
  return bytes;
}

describe("state of learned ranking", () => {
  it("comes back as it was, and goes on as it would have", () => {
    const ranking = taught();
    for (let tool = 0; tool < 70; tool++)
      ranking.record(["common"], { shown: [`t${tool}`], used: [`t${tool}`] });
    const loaded = LearnedRanking.load(ranking.save());
    expect(loaded.save()).toEqual(ranking.save());
    for (const each of [ranking, loaded]) each.record(["term1"], { shown: names, used: ["stocks"] });
    const [a, b] = [ranking, loaded].map((each) => {
      const scores = new Float32Array(4);
      each.lift(["term1", "word1", "common"], scores, ids);
      return scores;
    });
    expect(a).toEqual(b);
    expect(a!.some((score) => score > 0)).toBe(true);
  });

  it("has no terms in it", () => {
    const ranking = new LearnedRanking();
    ranking.record(["confidential"], { shown: ["mail"], used: ["mail"] });
    const text = Buffer.from(ranking.save());
    expect(text.includes("confidential")).toBe(false);
    expect(text.includes(Buffer.from("mail", "utf16le"))).toBe(true);
  });

  it("obeys the options that it is loaded with", () => {
    const ranking = new LearnedRanking();
    for (let i = 0; i < 3000; i++) ranking.record([`term${i}`], { shown: names, used: [names[i % 4]!] });
    const loaded = LearnedRanking.load(ranking.save(), { maxPairs: 1024, maxTools: 2 });
    expect(loaded.stats().pairs).toBeLessThanOrEqual(1024);
    expect(loaded.stats().tools).toBeLessThanOrEqual(2);
  });

  it("refuses bytes of which any was changed", () => {
    const bytes = taught().save();
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = bytes.slice();
        damaged[at]! ^= change;
        expect(() => LearnedRanking.load(damaged)).toThrow(LearnedStateError);
      }),
    );
  });

  it("refuses bytes that are cut off or too many", () => {
    const bytes = taught(1, 4).save();
    for (let length = 0; length < bytes.length; length++)
      expect(() => LearnedRanking.load(bytes.subarray(0, length))).toThrow(LearnedStateError);
    expect(() => LearnedRanking.load(Uint8Array.of(...bytes, 0))).toThrow(LearnedStateError);
  });

  it("refuses another version, other files, and what is no Uint8Array", () => {
    const other = taught().save();
    other[4] = 2;
    expect(() => LearnedRanking.load(withChecksum(other))).toThrow("version 2 isn't known here, only 1");
    expect(() => LearnedRanking.load(new Uint8Array(100))).toThrow("it doesn't begin as one does");
    expect(() => LearnedRanking.load("state" as unknown as Uint8Array)).toThrow(TypeError);
    const caught = (() => {
      try {
        LearnedRanking.load(new Uint8Array(3));
      } catch (error) {
        return error;
      }
      return undefined;
    })();
    expect(caught).toMatchObject({ code: "VICTOR_LEARNED_STATE", name: "LearnedStateError" });
  });

  it("refuses what contradicts itself under a right checksum, or loads it to finite scores", () => {
    const bytes = taught().save();
    fc.assert(
      fc.property(fc.integer({ min: 8, max: bytes.length - 9 }), fc.nat(255), (at, byte) => {
        const forged = bytes.slice();
        forged[at] = byte;
        let loaded: LearnedRanking;
        try {
          loaded = LearnedRanking.load(withChecksum(forged));
        } catch (error) {
          expect(error).toBeInstanceOf(LearnedStateError);
          return;
        }
        const scores = new Float32Array(4);
        loaded.lift(["term1", "word1"], scores, ids);
        expect(scores.every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
