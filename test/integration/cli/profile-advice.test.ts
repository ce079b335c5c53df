import { join } from "node:path";
import { expect, test } from "vitest";
import { ProfiledPrograms } from "../../support/profiled-program.ts";

/** Programs turn the event loop in between, as servers do, and end by themselves. */
const turns =
  "const turns = async (n, fn) => { for (let i = 0; i < n; i++) { fn(i); await new Promise((done) => setTimeout(done, 12)); } };\n";

test.each([
  [
    "json",
    `${turns}const text = JSON.stringify(Array.from({ length: 25_000 }, (_, i) => ({ i, name: "n" + i })));
function read() {
  return JSON.parse(text).length;
}
turns(60, read);`,
    3,
  ],
  [
    "sync-call",
    `${turns}const crypto = require("node:crypto");
function sign() {
  return crypto.pbkdf2Sync("a", "b", 100_000, 32, "sha256");
}
turns(30, sign);`,
    3,
  ],
  [
    "regexp",
    `${turns}function match() {
  return /^(a+)+$/.test("a".repeat(21) + "b");
}
turns(40, match);`,
    2,
  ],
  [
    "gc",
    `${turns}const kept = [];
function fill() {
  for (let i = 0; i < 30000; i++) kept.push({ i, text: "x" + i, list: [i] });
  if (kept.length > 1e6) kept.length = 0;
}
turns(60, fill);`,
    3,
  ],
  [
    "loop-blocked",
    `${turns}function block(i) {
  const end = performance.now() + (i === 20 ? 300 : 0); let x = 0;
  while (performance.now() < end) x += Math.sqrt(x + 1);
}
turns(30, block);`,
    2,
  ],
  [
    "stack-traces",
    `${turns}function fail() {
  for (let i = 0; i < 2000; i++) { try { JSON.parse("{"); } catch (error) { error.stack.length; } Error.prepareStackTrace?.call; new Error("x").stack; }
}
turns(60, fail);`,
    2,
  ],
  [
    "hot-function",
    `function isPrime(n) {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return true;
}
let primes = 0;
for (let n = 2; n < 3_000_000; n++) if (isPrime(n)) primes++;`,
    2,
  ],
])("finds the fault that %s tells of, at its line", async (rule, source, line) => {
  using programs = new ProfiledPrograms();
  const { profile } = await programs.profile(source, { flags: ["--interval", "500"] });
  const found = profile.advice.filter((advice) => advice.rule === rule);
  expect(found, JSON.stringify(profile.advice)).not.toHaveLength(0);
  const places = found.map(({ place }) => place);
  expect(places).toContainEqual(expect.objectContaining({ file: join(programs.folder, "app.cjs") }));
  expect(places.map((place) => Math.abs(place.line - line) <= 1)).toContain(true);
});

test("gives no advice on a program without a fault", async () => {
  using programs = new ProfiledPrograms();
  const { profile } = await programs.profile(
    `${turns}const fs = require("node:fs"); fs.readFileSync(__filename); const config = JSON.parse("{}");
function work() { let x = 0; for (let i = 0; i < 3e6; i++) x = (x + i) | 0; return /^a+$/.test("aaaa") ? x : 0; }
turns(40, work);`,
  );
  // A busy machine can hold the process up, but that isn't the program's doing.
  expect(profile.advice.filter(({ rule }) => rule !== "loop-blocked")).toEqual([]);
});

test("a script that never turns the event loop isn't told that it blocks it", async () => {
  using programs = new ProfiledPrograms();
  const { profile } = await programs.profile(
    `const crypto = require("node:crypto"); for (let i = 0; i < 15; i++) crypto.pbkdf2Sync("a", "b", 30000, 32, "sha256");`,
  );
  expect(profile.advice).toEqual([]);
  expect(profile.threads[0]?.loop.turns).toBeLessThan(10);
});
