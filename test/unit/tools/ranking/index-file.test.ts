import fc from "fast-check";
import { expect, test } from "vitest";
import { ToolIndexFormatError } from "../../../../src/errors.ts";
import { ByteHash } from "../../../../src/kernels/index.ts";
import { LexicalRanking } from "../../../../src/tools/ranking/lexical-ranking.ts";

const ranking = new LexicalRanking([
  { name: "get_weather", description: "Weather of a city" },
  { name: "find_日本", description: "Find a café", pinned: true },
  { name: "gone" },
]);
ranking.remove(["gone"]);
const saved = ranking.save();

/** The same bytes with one 32-bit word changed, and a checksum that fits. */
function forged(word: number, value: number): Uint8Array {
  const bytes = saved.slice();
  new Uint32Array(bytes.buffer)[word] = value;
  return sealed(bytes);
}

function sealed(bytes: Uint8Array): Uint8Array {
  const hash = new ByteHash(0);
  const view = new DataView(bytes.buffer);
  view.setInt32(bytes.length - 8, hash.hash(bytes.subarray(0, -8)), true);
  view.setInt32(bytes.length - 4, hash.high, true);
  return bytes;
}

test("a loaded ranking is as the saved one, also from the middle of a larger buffer", () => {
  const larger = Buffer.alloc(saved.length + 16);
  larger.set(saved, 3);
  for (const bytes of [saved, larger.subarray(3, 3 + saved.length)]) {
    const loaded = LexicalRanking.load(bytes);
    for (const query of ["weather", "cafe", "use get_weather", "日本", ""])
      expect(loaded.top(query)).toEqual(ranking.top(query));
    expect(loaded.save()).toEqual(saved);
  }
});

test("a loaded ranking goes on by itself when its bytes change", () => {
  const bytes = saved.slice();
  const loaded = LexicalRanking.load(bytes);
  bytes.fill(0);
  loaded.add([{ name: "send_mail" }]);
  expect(loaded.top("weather mail", { k: 3 }).length).toBe(3);
});

test("refuses bytes of which any one is changed", () => {
  fc.assert(
    fc.property(fc.nat(saved.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const bytes = saved.slice();
      bytes[at] = bytes[at]! ^ change;
      expect(() => LexicalRanking.load(bytes)).toThrow(ToolIndexFormatError);
    }),
  );
});

test("refuses bytes that are cut off or go on", () => {
  for (let length = 0; length < saved.length; length++)
    expect(() => LexicalRanking.load(saved.subarray(0, length))).toThrow(ToolIndexFormatError);
  expect(() => LexicalRanking.load(Buffer.concat([saved, Buffer.alloc(8)]))).toThrow(ToolIndexFormatError);
});

test.each([
  ["another beginning", 0, 1, /begin/],
  ["another version", 1, 2, /version 2/],
  ["other word lists", 2, 1, /word lists/],
  ["more tools", 3, 1_000_000, /add up/],
  ["more stems", 4, 0xffff_ffff, /add up/],
  ["longer names", 6, 1, /add up/],
])("refuses %s, though the checksum fits", (_, word, value, message) => {
  expect(() => LexicalRanking.load(forged(word, value))).toThrow(message);
});

test("never half-loads what was forged: it throws, or what it gives ranks", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: saved.length / 4 - 3 }), fc.nat(0xffff_ffff), (word, value) => {
      let loaded: LexicalRanking;
      try {
        loaded = LexicalRanking.load(forged(word, value));
      } catch (error) {
        expect(error).toBeInstanceOf(ToolIndexFormatError);
        return;
      }
      expect(loaded.top("weather cafe", { k: 2 }).length).toBeLessThanOrEqual(2);
    }),
    { numRuns: 300 },
  );
});

test("takes nothing but bytes", () => {
  expect(() => LexicalRanking.load("index" as never)).toThrow(TypeError);
});
