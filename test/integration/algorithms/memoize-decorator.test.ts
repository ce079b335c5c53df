import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

type Module = typeof import("../../fixtures/decorators/memoized-class.ts");

const root = fileURLToPath(new URL("../../../", import.meta.url));
const fixture = "test/fixtures/decorators/memoized-class";
let folder: string;
let module: Module;

// Neither Node's type stripping nor the test runner lowers decorators; the compiler does.
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "victor-decorator-"));
  const config = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      rootDir: root,
      outDir: folder,
      typeRoots: [join(root, "node_modules/@types")],
    },
    files: [join(root, `${fixture}.ts`)],
    include: [],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder], {
    encoding: "utf8",
  });
  module = await import(pathToFileURL(join(folder, `${fixture}.js`)).href);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the memoize decorator, compiled", () => {
  it("keeps a method's results for each instance", () => {
    const [one, two] = [new module.Catalogue(), new module.Catalogue()];
    expect([one.price("a"), one.price("a"), one.price("a", 2), one.price("x"), one.price("x")]).toEqual([
      1,
      1,
      2,
      undefined,
      undefined,
    ]);
    expect([one.calls, two.calls]).toEqual([3, 0]);
    two.price("a");
    expect([one.calls, two.calls]).toEqual([3, 1]);
    expect([one.price.name, one.price.length]).toEqual(["price", 1]);
  });

  it("takes options, getters, static and private methods", async () => {
    const one = new module.Catalogue();
    expect(await Promise.all([one.discount({ id: 1 }), one.discount({ id: 1 })])).toEqual([0.1, 0.1]);
    expect(one.names).toBe(one.names);
    expect([one.secret(1), one.secret(1)]).toEqual([2, 2]);
    expect(one.calls).toBe(3);
    expect(module.Catalogue.parse("x")).toBe(module.Catalogue.parse("x"));
    expect(module.Catalogue.parses).toBe(1);
  });

  it("keeps apart the results of a method and of the one that overrides it", () => {
    const sale = new module.Sale();
    expect([sale.price("a", 4), sale.price("a", 4), sale.calls]).toEqual([2, 2, 2]);
  });
});
