import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { rooms } from "../../../src/report/index.ts";
import { runNode } from "../../support/run-node.ts";

const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
const page = (name: string): string =>
  readFileSync(new URL(`../../../docs/${name}.md`, import.meta.url), "utf8");

/** The part of a page under a heading of the second level. */
const section = (text: string, heading: string): string =>
  text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";

const commands = [
  "report",
  "run",
  "profile",
  "doctor",
  "dashboard",
  "heap analyse",
  "tools select",
  "tools eval",
  "compare",
];

test.each(commands)("each option of victor %s stands on its page", async (command) => {
  const { code, stdout } = await runNode([main, ...command.split(" "), "--help"]);
  expect(code).toBe(0);
  const room = command.startsWith("tools") ? "tools" : command;
  const text = command === "compare" ? page("compare") : section(page("command-line"), `victor ${room}`);
  const options = Array.from(stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm), ([, option]) => option!);
  expect(options.length).toBeGreaterThan(1);
  const shown = new Set(Array.from(text.matchAll(/(?<![\w-])--[a-z-]+/g), ([option]) => option));
  expect(options.filter((option) => option !== "--help" && !shown.has(option))).toEqual([]);
});

test("each area of the report stands in its help and on its page", async () => {
  const { stdout } = await runNode([main, "report", "--help"]);
  const row = page("command-line").match(/^\| `--only.*$/m)![0];
  expect(rooms.length).toBeGreaterThan(1);
  expect(rooms.filter(({ id }) => !row.includes(`\`${id}\``))).toEqual([]);
  expect(rooms.filter(({ id }) => !new RegExp(`\\b${id}[,;]`).test(stdout))).toEqual([]);
});

test("each command stands in the table", async () => {
  const { stdout } = await runNode([main, "--help"]);
  const [, listed = ""] = stdout.split("Commands:");
  const names = Array.from(listed.matchAll(/^ {2}(\w+)/gm), ([, name]) => name!).filter(
    (name) => name !== "help",
  );
  expect(names.length).toBe(8);
  const rows = page("command-line")
    .match(/^\| \[`.*$/gm)!
    .join("\n");
  expect(names.filter((name) => !rows.includes(`[\`${name}`))).toEqual([]);
});
