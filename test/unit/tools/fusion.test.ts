import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EmbedderTrust } from "../../../src/tools/vectors/embedder-trust.ts";
import { Fusion } from "../../../src/tools/vectors/fusion.ts";
import { FusionWeight } from "../../../src/tools/vectors/fusion-weight.ts";
import { quantized } from "../../../src/tools/vectors/quantized.ts";
import { toolText } from "../../../src/tools/vectors/tool-text.ts";
import { VectorIndex } from "../../../src/tools/vectors/vector-index.ts";

describe("trust in an embedder", () => {
  test("needs three probes, all of them near the top", () => {
    const trust = new EmbedderTrust();
    for (let i = 0; i < 2; i++) trust.probe(1);
    expect(trust.isTrusted).toBe(false);
    trust.probe(1);
    expect(trust.isTrusted).toBe(true);
    trust.probe(0.2);
    expect(trust.isTrusted).toBe(false);
  });

  test("ends when queries show no more than chance, and comes back with better ones", () => {
    const trust = new EmbedderTrust();
    for (let i = 0; i < 16; i++) trust.probe(0.95);
    for (let i = 0; i < 7; i++) trust.query(0.5);
    expect(trust.isTrusted).toBe(true);
    trust.query(0.5);
    expect(trust.isTrusted).toBe(false);
    for (let i = 0; i < 200; i++) trust.query(0.95);
    expect(trust.isTrusted).toBe(true);
    const other = new EmbedderTrust();
    other.restore(trust.state());
    expect(other.means).toEqual(trust.means);
  });
});

describe("the weight of vectors", () => {
  // Words put b first, vectors put a first; c is of no use.
  const candidates = [
    { name: "a", lexical: 0.7, vector: 1 },
    { name: "b", lexical: 1, vector: 0.1 },
    { name: "c", lexical: 0.1, vector: 0 },
  ];

  test("stays small until outcomes show more, twenty of them at least", () => {
    const weight = new FusionWeight();
    for (let i = 0; i < 19; i++) weight.record(candidates, ["a"]);
    expect(weight.value).toBe(0.2);
    weight.record(candidates, ["a"]);
    expect(weight.value).toBe(0.4);
    expect(weight.isLearned).toBe(true);
    const other = new FusionWeight();
    other.restore(weight.state());
    expect(other.value).toBe(0.4);
  });

  test("becomes 0 when vectors do harm", () => {
    const weight = new FusionWeight();
    const harmed = [
      { name: "a", lexical: 0.95, vector: 1 },
      { name: "b", lexical: 1, vector: 0 },
    ];
    for (let i = 0; i < 30; i++) weight.record(harmed, ["b"]);
    expect(weight.value).toBe(0);
  });

  test("isn't moved by chance", () => {
    const weight = new FusionWeight();
    for (let i = 0; i < 400; i++) {
      weight.record(candidates, [i % 2 === 0 ? "a" : "b"]);
      expect(weight.value).toBe(0.2);
    }
    weight.record(candidates, ["unknown"]);
    expect(weight.outcomes).toBe(400);
  });
});

describe("vector evidence", () => {
  test("grows with the distance from the mean, from 0 to 1", () => {
    const index = new VectorIndex(3);
    index.set("x", new Float32Array([1, 0, 0]));
    index.set("y", new Float32Array([0, 1, 0]));
    index.set("z", new Float32Array([0, 0.5, 1]));
    const fusion = new Fusion();
    const evidence = fusion.evidence(index, quantized(new Float32Array([3, 0, 0])), {
      top: 1,
      second: 0.5,
      best: "x",
    });
    expect([...evidence.keys()]).toEqual(["x"]);
    expect(evidence.get("x")).toBeCloseTo(1, 5);
    expect(fusion.trust.means.queries).toBe(1);
  });

  test("is none where all are alike, and a query whose words are vague says nothing of the embedder", () => {
    const index = new VectorIndex(2);
    for (const name of ["a", "b", "c"]) index.set(name, new Float32Array([1, 1]));
    const fusion = new Fusion();
    const query = quantized(new Float32Array([1, 0]));
    expect(fusion.evidence(index, query, { top: 1, second: 0.9, best: "a" }).size).toBe(0);
    expect(fusion.trust.means.queries).toBeUndefined();
    fusion.evidence(index, query, { top: 1, second: 0.1, best: "a" });
    expect(fusion.trust.means.queries).toBe(0.5);
  });
});

describe("an index of vectors", () => {
  test("keeps to a map of vectors while tools come and go, its cosines within one percent", () => {
    const vector = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 });
    const command = fc.record({
      name: fc.integer({ min: 0, max: 150 }).map(String),
      vector,
      remove: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 200 }), vector, (commands, query) => {
        const index = new VectorIndex(5);
        const model = new Map<string, Float32Array>();
        for (const step of commands) {
          if (step.remove) expect(index.delete(step.name)).toBe(model.delete(step.name));
          else {
            index.set(step.name, new Float32Array(step.vector));
            model.set(step.name, new Float32Array(step.vector));
          }
        }
        expect(index.size).toBe(model.size);
        const found = new Map<string, number>();
        index.cosines(quantized(new Float32Array(query)), (name, cosine) => found.set(name, cosine));
        expect(new Set(found.keys())).toEqual(new Set(model.keys()));
        for (const [name, own] of model)
          expect(Math.abs(found.get(name)! - cosineOf(new Float32Array(query), own))).toBeLessThan(0.02);
      }),
      { numRuns: 30 },
    );
  });
});

describe("a tool's text", () => {
  test("has its name in words, its description and its parameters", () => {
    const inputSchema = { type: "object", properties: { repo_url: {}, depth: {} } };
    expect(toolText({ name: "gitCloneRepo.fast_mode", description: "Copies it.", inputSchema })).toBe(
      "git Clone Repo fast mode. Copies it.. repo url, depth",
    );
    expect(toolText({ name: "x", description: "y".repeat(10_000) })).toHaveLength(8_192);
    expect(toolText({ name: "x", inputSchema: { properties: [1] } })).toBe("x");
  });
});

function cosineOf(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array): number =>
    x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  const both = Math.sqrt(dot(a, a) * dot(b, b));
  return both === 0 ? 0 : dot(a, b) / both;
}
