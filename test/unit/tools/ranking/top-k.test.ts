import fc from "fast-check";
import { expect, test } from "vitest";
import { TopK } from "../../../../src/tools/ranking/top-k.ts";

test("keeps what sorting all would put first, ties by order", () => {
  const scores = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 60 });
  const top = new TopK((id) => -id);
  fc.assert(
    fc.property(scores, fc.integer({ min: 0, max: 70 }), (all, k) => {
      const best: number[] = [];
      top.fill(Float32Array.from(all), all.length, k);
      top.drain(best);
      const expected = all
        .map((score, id) => ({ score, id }))
        .filter(({ score }) => score > 0)
        .sort((a, b) => b.score - a.score || b.id - a.id)
        .slice(0, k);
      expect(best).toEqual(expected.map(({ id }) => id));
    }),
  );
});
