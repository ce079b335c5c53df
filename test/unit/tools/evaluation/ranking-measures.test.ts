import { describe, expect, it } from "vitest";
import {
  completeAt,
  RankingEvaluation,
  recallAt,
  reciprocalRank,
} from "../../../../src/tools/evaluation/ranking-measures.ts";

const ranking = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"];

describe("measures of a ranking", () => {
  it("recall at k is the share of the right tools among the first k", () => {
    expect(recallAt(ranking, ["a"], 1)).toBe(1);
    expect(recallAt(ranking, ["b"], 1)).toBe(0);
    expect(recallAt(ranking, ["b", "d", "z"], 4)).toBe(2 / 3);
    expect(recallAt(ranking, ["b", "d", "z"], 3)).toBe(1 / 3);
    expect(recallAt([], ["a"], 5)).toBe(0);
  });

  it("a ranking is complete at k only when all right tools are among the first k", () => {
    expect(completeAt(ranking, ["b", "d"], 4)).toBe(1);
    expect(completeAt(ranking, ["b", "d"], 3)).toBe(0);
    expect(completeAt(ranking, ["b", "z"], 11)).toBe(0);
  });

  it("the reciprocal rank is that of the first right tool, and 0 beyond the tenth", () => {
    expect(reciprocalRank(ranking, ["a"])).toBe(1);
    expect(reciprocalRank(ranking, ["d", "c"])).toBe(1 / 3);
    expect(reciprocalRank(ranking, ["j"])).toBe(1 / 10);
    expect(reciprocalRank(ranking, ["k"])).toBe(0);
    expect(reciprocalRank(ranking, ["z"])).toBe(0);
  });

  it("means are over queries", () => {
    const evaluation = new RankingEvaluation([1, 2]);
    evaluation.add(["a", "b"], ["a"]);
    evaluation.add(["a", "b"], ["b"]);
    evaluation.add(["a", "b", "c"], ["b", "c"]);
    evaluation.add(["a"], ["z"]);
    expect(evaluation.summary()).toEqual({
      queries: 4,
      recall: new Map([
        [1, 1 / 4],
        [2, 2.5 / 4],
      ]),
      complete: new Map([
        [1, 1 / 4],
        [2, 2 / 4],
      ]),
      mrr: (1 + 1 / 2 + 1 / 2 + 0) / 4,
    });
  });

  it("looks at 1, 3, 5 and 10 unless told otherwise", () => {
    const evaluation = new RankingEvaluation();
    evaluation.add(ranking, ["d"]);
    expect([...evaluation.summary().recall]).toEqual([
      [1, 0],
      [3, 0],
      [5, 1],
      [10, 1],
    ]);
  });

  it("without a query there is no mean", () => {
    expect(new RankingEvaluation().summary()).toEqual({
      queries: 0,
      recall: new Map(),
      complete: new Map(),
      mrr: undefined,
    });
  });

  it("a query without a right tool is refused and not counted", () => {
    const evaluation = new RankingEvaluation();
    expect(() => evaluation.add(ranking, [])).toThrow(RangeError);
    expect(evaluation.summary().queries).toBe(0);
    expect(() => recallAt(ranking, [], 1)).toThrow("gold: expected at least one right tool, got none");
    expect(() => completeAt(ranking, [], 1)).toThrow(RangeError);
  });

  it("a depth is an integer from 1 on", () => {
    expect(() => recallAt(ranking, ["a"], 0)).toThrow("k: expected an integer ≥ 1, got 0");
    expect(() => new RankingEvaluation([1, 2.5])).toThrow("ks[1]: expected an integer ≥ 1, got 2.5");
    expect(() => new RankingEvaluation("5" as unknown as number[])).toThrow(TypeError);
  });
});
