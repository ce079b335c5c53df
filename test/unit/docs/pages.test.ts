import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import * as toolkit from "../../../src/index.ts";
import { optimizationSteps, optimizationsDefaults } from "../../../src/optimizations/index.ts";
import { fileOptionNames } from "../../../src/optimizations/options.ts";
import { autoVariables } from "../../../src/optimizations/settings/environment-options.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const text = (path: string): string => readFileSync(join(root, path), "utf8");
const pages = globSync(["README.md", "docs/*.md"], { cwd: root }).sort();

/** The cells of each row of all tables of a page. */
const rowsOf = (page: string): readonly (readonly string[])[] =>
  text(page)
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );

/** Names of an interface's members in a source file. */
function membersOf(path: string, name: string): readonly string[] {
  const [, body = ""] =
    new RegExp(`^export interface ${name}\\b.*?\\{\\n(.*?)^\\}`, "ms").exec(text(path)) ?? [];
  return Array.from(body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm), ([, member]) => member!);
}

test("the page of errors lists each code that is raised, and no other", () => {
  const raised = Array.from(text("src/errors.ts").matchAll(/"(VICTOR_\w+)"/g), ([, code]) => code!);
  const listed = Array.from(text("docs/errors.md").matchAll(/`(VICTOR_\w+)`/g), ([, code]) => code!);
  expect(raised.filter((code) => !listed.includes(code))).toEqual([]);
  const source = globSync("src/**/*.ts", { cwd: root }).map(text).join("\n");
  expect(listed.filter((code) => !source.includes(`"${code}"`))).toEqual([]);
  expect(new Set(listed).size).toBe(listed.length);
});

test("the page of auto mode has each step with its risk, each variable and each name of the file", () => {
  const rows = rowsOf("docs/auto-mode.md");
  const steps = rows.filter(([, risk]) => risk === "safe" || risk === "opt-in");
  expect(steps.map(([id, risk]) => `${id} ${risk}`).sort()).toEqual(
    optimizationSteps.map(({ id, risk }) => `\`${id}\` ${risk}`).sort(),
  );
  const settings = rows.filter(([name]) => name?.startsWith("`VICTOR_"));
  expect(settings.map(([name]) => name)).toEqual(autoVariables.map((name) => `\`${name}\``));
  expect(settings.map(([, name]) => name).filter((name) => name !== "–")).toEqual(
    fileOptionNames.map((name) => `\`${name}\``),
  );
  const defaultOf = (name: string) => Number(settings.find(([, option]) => option === `\`${name}\``)?.[2]);
  for (const [name, value] of Object.entries(optimizationsDefaults)) expect(defaultOf(name)).toBe(value);
});

test.each([
  ["docs/cache.md", "src/cache/tiered/tiered-options.ts", "TieredCacheOptions", ["clock", "random"]],
  ["docs/cache.md", "src/cache/tiered/tiered-options.ts", "TieredLoadOptions", []],
  ["docs/rollout.md", "src/rollout/rollout-options.ts", "OptimizationOptions", []],
  ["docs/database.md", "src/database/optimizer-options.ts", "DatabaseOptimizerOptions", ["clock"]],
])("%s names each option of %s, %s", (page, path, name, inner) => {
  const members = membersOf(path, name);
  expect(members.length).toBeGreaterThan(2);
  const shown = text(page);
  expect(
    members.filter((member) => !new RegExp(`\\b${member}\\b`).test(shown) && !inner.includes(member)),
  ).toEqual([]);
});

test("each name of this package on the page for those who come from Python is there", () => {
  const ofClass = (value: unknown): readonly string[] =>
    typeof value !== "function" || value.prototype === undefined
      ? []
      : [...Object.getOwnPropertyNames(value), ...Object.getOwnPropertyNames(value.prototype)];
  const report = toolkit.getProfiler().getReport();
  const known = new Set([
    ...Object.getOwnPropertyNames(Object.getPrototypeOf(report)),
    ...Object.keys(toolkit),
    ...Object.values<unknown>(toolkit).flatMap(ofClass),
  ]);
  const ours = rowsOf("docs/migrating.md").flatMap(([, here = ""]) =>
    Array.from(here.matchAll(/`([^`]+)`/g), ([, code]) => code!),
  );
  const names = ours.flatMap((code) =>
    /^\w+$/.test(code)
      ? [code]
      : Array.from(code.matchAll(/(?:^|[\s.@(])([A-Za-z]\w*)\(/g), ([, name]) => name!),
  );
  expect(names.length).toBeGreaterThan(40);
  // What an example passes in isn't ours.
  expect([...new Set(names)].filter((name) => !known.has(name) && name !== "f" && name !== "fn")).toEqual([]);
});

/** As GitHub makes them of headings. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");

test.each(pages)("each link of %s leads somewhere", (page) => {
  const prose = text(page).replace(/^```.*?^```/gms, "");
  const links = Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ([, link]) => link!);
  const dead = links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? page : normalize(join(dirname(page), path));
    if (!existsSync(join(root, target))) return true;
    if (anchor === undefined) return false;
    const headings = Array.from(text(target).matchAll(/^#+ (.+)$/gm), ([, heading]) => anchorOf(heading!));
    return !headings.includes(anchor);
  });
  expect(dead).toEqual([]);
});
