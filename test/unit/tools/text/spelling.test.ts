import fc from "fast-check";
import { expect, test } from "vitest";
import { editDistance, Spelling } from "../../../../src/tools/text/spelling.ts";

function spellingOf(words: readonly string[], counts: readonly number[] = []): Spelling {
  const spelling = new Spelling(
    (term) => words[term]!,
    (term) => counts[term] ?? 1,
  );
  for (const [term, word] of words.entries()) spelling.add(word, term);
  return spelling;
}

test.each([
  ["weahter", "weather", 1],
  ["calender", "calendar", 1],
  ["wether", "weather", 1],
  ["weathers", "weather", 1],
  ["kitten", "sitting", 3],
])("%s is so far from %s: %i", (a, b, distance) => {
  expect(editDistance(a, b, 3)).toBe(distance);
});

/** As one writes it down, with a whole matrix. */
function slowDistance(a: string, b: string): number {
  const d = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_, j) => i + j),
  );
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      d[i]![j] = Math.min(d[i - 1]![j]! + 1, d[i]![j - 1]! + 1, d[i - 1]![j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        d[i]![j] = Math.min(d[i]![j]!, d[i - 2]![j - 2]! + 1);
    }
  return d[a.length]![b.length]!;
}

const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 12 });

test("the distance is that of a whole matrix, up to its limit", () => {
  fc.assert(
    fc.property(word, word, fc.integer({ min: 0, max: 4 }), (a, b, limit) => {
      expect(editDistance(a, b, limit)).toBe(Math.min(slowDistance(a, b), limit + 1));
    }),
  );
});

test("finds the nearest word of the same first letter, of equally near ones the most frequent", () => {
  const spelling = spellingOf(["weather", "leather", "calendar", "meter", "metre"], [1, 1, 1, 2, 1]);
  expect(spelling.nearest("weahter")).toBe(0);
  expect(spelling.nearest("heather")).toBe(-1);
  expect(spelling.nearest("calandra")).toBe(-1);
  expect(spelling.nearest("metere")).toBe(3);
});

test("allows two edits in long words only, and none in short ones", () => {
  const spelling = spellingOf(["recommendation", "table", "list"]);
  expect(spelling.nearest("recomendaton")).toBe(0);
  expect(spelling.nearest("tebla")).toBe(-1);
  expect(spelling.nearest("lisd")).toBe(-1);
});

test("doesn't find a word that was removed", () => {
  const spelling = spellingOf(["weather", "weathers"]);
  spelling.remove("weather", 0);
  expect(spelling.nearest("weathar")).toBe(-1);
  spelling.remove("weather", 0);
  expect(spelling.nearest("weatherx")).toBe(1);
});

test("finds what a look at all words finds", () => {
  const words = fc.uniqueArray(
    fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 4, maxLength: 12 }),
    {
      minLength: 1,
      maxLength: 20,
    },
  );
  fc.assert(
    fc.property(
      words,
      fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 5, maxLength: 12 }),
      (all, asked) => {
        const limit = asked.length >= 9 ? 2 : 1;
        const near = all
          .filter((one) => one[0] === asked[0] && slowDistance(asked, one) <= limit)
          .sort((a, b) => slowDistance(asked, a) - slowDistance(asked, b) || (a < b ? -1 : 1));
        expect(spellingOf(all).nearest(asked)).toBe(near.length === 0 ? -1 : all.indexOf(near[0]!));
      },
    ),
  );
});
