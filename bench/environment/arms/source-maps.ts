import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Arm } from "../../../src/measure/index.ts";

/** Lines of the bundle, each of which its map translates. */
const lines = 5000;

/** One operation throws and catches an error ten calls deep, and reads its stack if `reads`. */
export async function setup(args: unknown): Promise<Arm> {
  const { reads } = args as { readonly reads: boolean };
  const folder = mkdtempSync(join(tmpdir(), "victor-maps-"));
  const code = Array.from(
    { length: lines },
    (_, i) =>
      `function step${i}(n) { if (n > 0) step${(i + 1) % lines}(n - 1); else throw new Error("no"); }`,
  );
  code.push("export const fail = () => step0(9);", "//# sourceMappingURL=bundle.js.map");
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "bundle.js"), code.join("\n"));
  writeFileSync(
    join(folder, "bundle.js.map"),
    JSON.stringify({
      version: 3,
      sources: ["source.ts"],
      sourcesContent: [code.join("\n")],
      names: [],
      mappings: `AAAA${";AACA".repeat(lines)}`,
    }),
  );
  const { fail } = (await import(pathToFileURL(join(folder, "bundle.js")).href)) as { fail(): void };
  let length = 0;
  let translated = false;
  return {
    run(count) {
      for (let i = 0; i < count; i++)
        try {
          fail();
        } catch (error) {
          if (!reads) continue;
          const { stack = "" } = error as Error;
          length += stack.length;
          translated = stack.includes("source.ts");
        }
    },
    answer: () => undefined,
    counters: () => ({ length, translated: Number(translated) }),
    close: () => rmSync(folder, { recursive: true }),
  };
}
