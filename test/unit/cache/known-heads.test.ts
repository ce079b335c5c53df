import fc from "fast-check";
import { expect, test } from "vitest";
import { dependenciesText, encodeHead, entryIdLength } from "../../../src/cache/redis/entry-format.ts";
import { Generation } from "../../../src/cache/redis/generations.ts";
import { KnownHeads } from "../../../src/cache/redis/known-heads.ts";

const idOf = (letter: string): string => letter.repeat(entryIdLength);
const storedValue = (root: string, id: string, tags: readonly (readonly [string, string])[]): Buffer =>
  Buffer.concat([
    encodeHead(
      root,
      idOf(id),
      tags.map(([tag, generation]) => ({ tag, generation })),
    ),
    Buffer.from("payload"),
  ]);

test("two heads have one text when they have one root and the same tags, and only then", () => {
  const ascii = fc.string({ unit: fc.constantFrom("a", " ", "@"), maxLength: 3 });
  const head = fc.tuple(
    ascii,
    fc.array(fc.tuple(fc.string({ unit: "binary", maxLength: 2 }), ascii), { maxLength: 3 }),
  );
  fc.assert(
    fc.property(head, head, ([root, tags], [otherRoot, otherTags]) => {
      const text = dependenciesText(storedValue(root, "i", tags));
      expect(text).toBeDefined();
      expect(dependenciesText(storedValue(root, "j", tags))).toBe(text);
      // As bytes, of which a lone surrogate has none of its own.
      const same = storedValue(root, "i", tags).equals(storedValue(otherRoot, "i", otherTags));
      expect(dependenciesText(storedValue(otherRoot, "j", otherTags)) === text).toBe(same);
    }),
  );
});

test("what is cut short, or of another version, has no text", () => {
  const whole = storedValue("root", "i", [["tag", "generation"]]);
  const { length } = whole.subarray(0, whole.length - "payload".length);
  for (let end = 0; end < length; end++) expect(dependenciesText(whole.subarray(0, end))).toBeUndefined();
  const other = Buffer.from(whole);
  other[0] = 200;
  expect(dependenciesText(other)).toBeUndefined();
});

test("a head is known until one of its generations ends, or its server is another", () => {
  const heads = new KnownHeads();
  const generations = [new Generation("namespace"), new Generation("tag")];
  const known = { length: 50, epoch: "e1", generations };
  heads.remember(storedValue("root", "i", [["tag", "g"]]), known);
  const next = storedValue("root", "j", [["tag", "g"]]);
  expect(heads.find(next, "e1")).toBe(known);
  expect(heads.find(next, "e2")).toBeUndefined();
  expect(heads.find(storedValue("root", "j", [["tag", "h"]]), "e1")).toBeUndefined();
  expect(heads.find(Buffer.from("damaged"), "e1")).toBeUndefined();
  generations[1]!.isAlive = false;
  expect(heads.find(next, "e1")).toBeUndefined();
});

test("what is remembered is bounded, the oldest goes first, and all of it can be forgotten", () => {
  const heads = new KnownHeads(2);
  const values = ["a", "b", "c"].map((tag) => storedValue("root", "i", [[tag, "g"]]));
  const generations = [new Generation("namespace")];
  for (const value of values) heads.remember(value, { length: 50, epoch: "e", generations });
  expect(values.map((value) => heads.find(value, "e") !== undefined)).toEqual([false, true, true]);
  heads.forget();
  expect(heads.find(values[2]!, "e")).toBeUndefined();
});

test("values of different kinds in turn, and of one kind in a row, are told apart by every byte but their id's", () => {
  const heads = new KnownHeads();
  const kinds = ["", "t", "tt", "u"].map((tag) => {
    const bytes = storedValue("root", "i", tag === "" ? [] : [[tag, "g"]]);
    const length = bytes.length - "payload".length;
    const known = { length, epoch: "e", generations: [] };
    heads.remember(bytes, known);
    return { bytes, known };
  });
  for (const { bytes, known } of [...kinds, ...kinds]) {
    expect(heads.find(bytes, "e")).toBe(known);
    for (let at = 0; at < known.length; at++) {
      const other = Buffer.from(bytes);
      other[at]! ^= 0xff;
      const isOfId = at >= 7 && at < 7 + entryIdLength;
      expect(heads.find(other, "e")).toBe(isOfId ? known : undefined);
      expect(heads.find(bytes.subarray(0, at), "e")).toBeUndefined();
    }
  }
});
