import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EvidenceTable, maxToolsOfFeature } from "../../../../src/tools/learning/evidence-table.ts";

function contents(table: EvidenceTable): Map<string, number> {
  const all = new Map<string, number>();
  table.forEach((low, high, start, length) => {
    if (length < 0) all.set(`${low}/${high}`, Number.NaN);
    for (let place = start; place < start + length; place++)
      all.set(`${low}/${high}/${table.tools[place]}`, table.counts[place]!);
  });
  return all;
}

describe("EvidenceTable", () => {
  it("holds what a map of pairs would hold", () => {
    const adds = fc.array(
      fc.tuple(
        fc.integer({ min: -40, max: 40 }),
        fc.integer({ min: 0, max: 1 }),
        fc.nat(40),
        fc.integer({ min: 1, max: 5 }),
      ),
      { maxLength: 400 },
    );
    fc.assert(
      fc.property(adds, (all) => {
        const table = new EvidenceTable(8);
        const model = new Map<string, number>();
        for (const [low, high, tool, by] of all) {
          table.add(low, high, tool, by);
          const key = `${low}/${high}/${tool}`;
          model.set(key, (model.get(key) ?? 0) + by);
        }
        expect(contents(table)).toEqual(model);
        expect(table.pairs).toBe(model.size);
        for (const [low, high] of all) {
          expect(table.find(low, high)).toBe(true);
          const own = [...model].filter(([key]) => key.startsWith(`${low}/${high}/`));
          expect(table.total).toBe(own.reduce((sum, [, by]) => sum + by, 0));
          expect(table.length).toBe(own.length);
        }
        expect(table.find(99, 0)).toBe(false);
      }),
    );
  });

  it("passes over a feature that came with more than 64 tools, and reuses its room", () => {
    const table = new EvidenceTable();
    for (let tool = 0; tool < maxToolsOfFeature; tool++) table.add(1, 1, tool, 1);
    expect(table.find(1, 1)).toBe(true);
    table.add(1, 1, maxToolsOfFeature, 1);
    expect(table.find(1, 1)).toBe(false);
    expect(table.pairs).toBe(1);
    table.add(1, 1, 0, 1);
    expect(table.find(1, 1)).toBe(false);
    const { sizeBytes } = table;
    for (let tool = 0; tool < maxToolsOfFeature; tool++) table.add(2, 2, tool, 1);
    expect(table.sizeBytes).toBe(sizeBytes);
    expect(table.find(2, 2)).toBe(true);
  });

  it("drops the least evident when trimmed, and lowers the weight of the rest", () => {
    const table = new EvidenceTable();
    for (let feature = 0; feature < 100; feature++) {
      table.add(feature, 0, 0, 1);
      table.add(feature, 0, 1, -8);
    }
    table.trim(150);
    const left = contents(table);
    expect(table.pairs).toBe(left.size);
    expect(left.size).toBeLessThanOrEqual(150);
    for (let feature = 0; feature < 100; feature++) expect(left.get(`${feature}/0/1`)).toBe(-7);
  });

  it("never keeps more than it is told, however alike all evidence is", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer(), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 100 }),
        (features, pairs) => {
          const table = new EvidenceTable();
          for (const feature of features)
            for (let tool = 0; tool < 20; tool++) table.add(1, feature, tool, 1);
          const before = table.pairs;
          table.trim(pairs);
          expect(table.pairs).toBeLessThanOrEqual(Math.min(before, pairs));
        },
      ),
    );
  });

  it("forgets what it passed over when that takes too much room", () => {
    const table = new EvidenceTable();
    for (let feature = 0; feature < 40; feature++) table.addCommon(feature, 0);
    for (let feature = 100; feature < 200; feature++) table.add(feature, 0, 0, 1);
    table.trim(100);
    table.add(1, 0, 5, 1);
    expect(table.find(1, 0)).toBe(true);
  });
});
