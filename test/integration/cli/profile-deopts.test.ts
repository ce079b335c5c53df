import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ProfiledPrograms } from "../../support/profiled-program.ts";

/** Loads a module anew a few times, as reloading servers do: each time V8 learns, optimizes, and maybe finds itself wrong. */
const reloading = (last: string) => `const load = () => {
  delete require.cache[require.resolve("./price.cjs")];
  return require("./price.cjs").price;
};
let total = 0;
for (let day = 0; day < 20; day++) {
  const price = load();
  for (let i = 0; i < 1e6; i++) total += price({ amount: i, tax: 2 });
  total += price(${last});
}`;
/** A compiler in a thread of its own may have no turn on a busy machine before the program is over. */
const optimizing = "--no-concurrent-recompilation";
const price = `exports.price = function price(order) {
  return order.amount * order.tax;
};`;

test("names the line at which V8 throws its code away again and again, with an advice", async () => {
  using programs = new ProfiledPrograms();
  const file = programs.write("price.cjs", price);
  const { profile } = await programs.profile(reloading("{ tax: 2, amount: 1 }"), {
    flags: ["--deopts", "--format", "json,md"],
    nodeFlags: [optimizing],
  });
  const place = { name: "price", file, line: 2, column: 16 };
  expect(profile.deoptimizations).toContainEqual(
    expect.objectContaining({ place, reason: "wrong map", kind: "deopt-eager" }),
  );
  expect(profile.advice).toContainEqual(expect.objectContaining({ rule: "deopt-loop", place }));
  const markdown = readFileSync(join(programs.folder, "victor-profile.md"), "utf8");
  expect(markdown).toMatch(/^\| price +\| price\.cjs:2:16 +\| wrong map +\| deopt-eager +\|/m);
});

test("a program whose objects have one shape is told nothing, nor one that leaves long loops", async () => {
  using programs = new ProfiledPrograms();
  programs.write("price.cjs", price);
  const { profile, running } = await programs.profile(
    `${reloading("{ amount: 1, tax: 2 }")}
globalThis.rate = 1; function rated() { return rate + 1; }
for (let i = 0; i < 1e6; i++) total += rated();
globalThis.rate = "changed"; total += rated().length;
function work() { let x = 0; for (let i = 0; i < 3e6; i++) x = (x + i) | 0; return /^a+$/.test("aaaa") ? x : 0; }
for (let i = 0; i < 20; i++) total += work();`,
    { flags: ["--deopts"], nodeFlags: [optimizing] },
  );
  expect(profile.deoptimizations).not.toBeNull();
  // V8 would write that it marks code, too.
  expect(running.output.stdout).toBe("");
  expect(profile.advice.filter(({ rule }) => rule === "deopt-loop")).toEqual([]);
});

test("worker threads don't take the main thread's deoptimizations away, and npm scripts have theirs", async () => {
  using programs = new ProfiledPrograms();
  programs.write("price.cjs", price);
  programs.write("package.json", JSON.stringify({ scripts: { begin: `node ${optimizing} app.cjs` } }));
  const main = reloading("{ tax: 2, amount: 1 }");
  programs.write("worker.cjs", main);
  programs.write("app.cjs", `${main}\nnew (require("node:worker_threads").Worker)("./worker.cjs");`);
  const running = programs.victor(["--deopts", "--format", "json", "--", "npm", "run", "begin"]);
  expect({ ...(await running.ended), stderr: running.output.stderr }).toMatchObject({ code: 0 });
  const profile = programs.read();
  expect(profile.threadCount).toBe(2);
  expect(profile.advice.map(({ rule }) => rule)).toContain("deopt-loop");
});

test("without --deopts V8 isn't asked, so that a program that has no file descriptor left lives on", async () => {
  using programs = new ProfiledPrograms();
  programs.write("price.cjs", price);
  const source = `const fs = require("node:fs"); const open = [];
${reloading("{ tax: 2, amount: 1 }").replace("let total", 'require("./price.cjs"); let total')}
const { price } = require("./price.cjs");
for (let i = 0; i < 1e6; i++) total += price({ amount: i, tax: 2 });
try { for (;;) open.push(fs.openSync(__filename)); } catch (error) { console.log(error.code); }
total += price({ a: 1, amount: 1, tax: 2 });
for (const fd of open) fs.closeSync(fd);
console.log("survived");`;
  programs.write("app.cjs", source);
  const running = programs.victor([
    "--format",
    "json",
    "--",
    "bash",
    "-c",
    "ulimit -n 256; exec node --no-concurrent-recompilation app.cjs",
  ]);
  expect({ ...(await running.ended), stderr: running.output.stderr }).toMatchObject({ code: 0 });
  expect(running.output.stdout).toBe("EMFILE\nsurvived\n");
  expect(programs.read().deoptimizations).toBeNull();
});

test("refuses a folder for temporary files that V8 can't take", async () => {
  using programs = new ProfiledPrograms();
  const running = programs.victor(["--deopts", "--", "node", "app.cjs"], {
    ...process.env,
    TMPDIR: programs.folder,
  });
  expect(await running.ended).toMatchObject({ code: 2 });
  expect(running.output.stderr).toMatch(
    /deopts: expected a folder for temporary files with a short path without white space.*TMPDIR/,
  );
});
