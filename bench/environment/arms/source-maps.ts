import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Arm } from "../../../src/measure/index.ts";

/** Places in a line that the map translates, as bundlers write them. */
const segments = 20;

/** One operation throws and catches an error ten calls deep in a bundle of so many lines, and reads its stack. */
export async function setup(args: unknown): Promise<Arm> {
  const { lines } = args as { readonly lines: number };
  const folder = mkdtempSync(join(tmpdir(), "victor-maps-"));
  const code = Array.from(
    { length: lines },
    (_, i) =>
      `function step${i}(n) { if (n > 0) step${(i + 1) % lines}(n - 1); else throw new Error("no"); }`,
  );
  code.push("export const fail = () => step0(9);", "//# sourceMappingURL=bundle.js.map");
  const more = ",EAAE".repeat(segments - 1);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "bundle.js"), code.join("\n"));
  writeFileSync(
    join(folder, "bundle.js.map"),
    JSON.stringify({
      version: 3,
      sources: ["source.ts"],
      names: [],
      mappings: `AAAA${more}${`;AACA${more}`.repeat(lines)}`,
    }),
  );
  const { fail } = (await import(pathToFileURL(join(folder, "bundle.js")).href)) as { fail(): void };
  let length = 0;
  let translated = false;
  const once = (): void => {
    try {
      fail();
    } catch (error) {
      const { stack = "" } = error as Error;
      length += stack.length;
      translated = stack.includes("source.ts");
    }
  };
  const rssBefore = process.memoryUsage.rss();
  const startMs = performance.now();
  once();
  const firstMs = performance.now() - startMs;
  const rssMib = (process.memoryUsage.rss() - rssBefore) / 2 ** 20;
  return {
    run(count) {
      for (let i = 0; i < count; i++) once();
    },
    counters: () => ({ firstMs, rssMib, length, translated: Number(translated) }),
    close: () => rmSync(folder, { recursive: true }),
  };
}
