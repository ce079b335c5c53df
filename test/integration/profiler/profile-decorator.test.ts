import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

type Module = typeof import("../../fixtures/profiler/profiled-class.ts");

const root = fileURLToPath(new URL("../../../", import.meta.url));
const fixture = "test/fixtures/profiler/profiled-class";
let folder: string;
let module: Module;
let otherCopy: Module;

// Neither Node's type stripping nor the test runner lowers decorators; the compiler does.
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "victor-profile-"));
  const built = join(folder, "one");
  const config = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      rootDir: root,
      outDir: built,
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
  cpSync(built, join(folder, "two"), { recursive: true });
  module = await import(pathToFileURL(join(built, `${fixture}.js`)).href);
  otherCopy = await import(pathToFileURL(join(folder, "two", `${fixture}.js`)).href);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the decorator, compiled, measures methods, private and static ones, accessors and generators", async () => {
  const { Orders, profiler } = module;
  const orders = new Orders();
  expect(await orders.load(7)).toBe("order 7");
  expect(Orders.count("a", "b")).toBe(2);
  expect(orders.last).toBe("order 7");
  expect([...orders.list()]).toEqual(["order"]);
  expect([orders.load.name, orders.load.length]).toEqual(["load", 1]);
  const { spans } = profiler.getReport();
  const names = new Map(spans.map(({ id, name }) => [id, name]));
  expect(spans.map(({ name, parentId }) => [name, names.get(parentId ?? 0)])).toEqual([
    ["orders.last.set", "#read"],
    ["#read", "orders.load"],
    ["orders.load", undefined],
    ["orders.count", undefined],
    ["orders.last.get", undefined],
    ["orders.list", undefined],
  ]);
  expect(spans[2]!.category).toBe("db");
});

test("two copies of the package share the process's profiler, and its spans and parents", () => {
  const profiler = module.getProfiler();
  expect(otherCopy.getProfiler).not.toBe(module.getProfiler);
  expect(otherCopy.getProfiler()).toBe(profiler);
  profiler.reset();
  profiler.span("outer", () => {
    new module.Orders().shared();
    new otherCopy.Orders().shared();
  });
  const { spans } = profiler.getReport();
  const outer = spans.at(-1)!;
  expect(spans.map(({ name, parentId }) => [name, parentId])).toEqual([
    ["orders.shared", outer.id],
    ["orders.shared", outer.id],
    ["outer", undefined],
  ]);
});
