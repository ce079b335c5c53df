import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { generateBinaries } from "../../../scripts/build-kernels.ts";
import * as binaries from "../../../src/kernels/binaries.ts";
import { hasSimd, instantiate } from "../../../src/kernels/instantiate.ts";

/** Answers of all kernels' users, from modules loaded anew. */
async function answers(): Promise<unknown> {
  vi.resetModules();
  const { bloomWords, ByteHash, Int8Matrix, hasSimd } = await import("../../../src/kernels/index.ts");
  const hash = new ByteHash(1);
  hash.hash(new Uint8Array(10_000).fill(3));
  const bytes = [hash.low, hash.high];
  hash.hashText("é漢".repeat(100_000));
  const text = [hash.low, hash.high];
  const matrix = new Int8Matrix(100, 48);
  for (let row = 0; row < 100; row++) matrix.set(row, new Int8Array(48).fill(Math.imul(row, 37)));
  const { indices, scores } = matrix.topK(new Int8Array(48).fill(2), 9);
  return { hasSimd, answers: [bytes, text, [...indices], [...scores], bloomWords(2000).length] };
}

describe("the kernels' binaries", () => {
  afterEach(() => void vi.unstubAllGlobals());

  it("are what their sources compile to", async () => {
    const path = join(import.meta.dirname, "..", "..", "..", "src", "kernels", "binaries.ts");
    expect(await generateBinaries()).toBe(readFileSync(path, "utf8"));
  });

  it("run where the tests run, each in a memory that can't grow", () => {
    expect(hasSimd).toBe(true);
    for (const binary of Object.values(binaries)) {
      const made = instantiate<{ memory: { grow(pages: number): number } }>(binary, 100_000)!;
      expect(made.memory.byteLength).toBe(131_072);
      expect(() => made.exports.memory.grow(1)).toThrow(RangeError);
    }
  });

  it("are small", () => {
    for (const binary of Object.values(binaries)) expect(binary.length).toBeLessThan(4096);
  });

  it("give way to the twins, with the same answers, wherever WebAssembly or its SIMD is missing or can't be had", async () => {
    const { WebAssembly: real } = globalThis as unknown as {
      WebAssembly: { readonly CompileError: ErrorConstructor };
    };
    const expected = await answers();
    expect(expected).toMatchObject({ hasSimd: true });
    const fails = (error: Error) =>
      class {
        constructor() {
          throw error;
        }
      };
    const broken: readonly (readonly [unknown, boolean])[] = [
      [undefined, false],
      [{ ...real, validate: () => false }, false],
      [{ ...members(real), Memory: fails(new RangeError("could not allocate memory")) }, true],
      [{ ...members(real), Module: fails(new real.CompileError("forbidden")) }, true],
    ];
    for (const [stub, simd] of broken) {
      vi.stubGlobal("WebAssembly", stub);
      expect(await answers()).toEqual({ ...(expected as object), hasSimd: simd });
    }
  });

  it("don't hide a mistake of our own", async () => {
    const { WebAssembly: real } = globalThis as unknown as { WebAssembly: object };
    class Instance {
      constructor() {
        throw new TypeError("no such import");
      }
    }
    vi.stubGlobal("WebAssembly", { ...members(real), Instance });
    await expect(answers()).rejects.toThrow("no such import");
  });
});

/** Of WebAssembly, whose members a spread doesn't see. */
function members(object: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(Object.getOwnPropertyDescriptors(object)).map(([name, { value }]) => [name, value]),
  );
}
