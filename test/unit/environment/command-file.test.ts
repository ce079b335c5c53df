import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commandFile } from "../../../src/environment/command-file.ts";
import { compareVersions } from "../../../src/environment/node-version.ts";
import { canBecome } from "../../../src/environment/start-program.ts";

let folder: string;
const at = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "victor-path-"));
  mkdirSync(at("bin"));
  symlinkSync(process.execPath, at("bin/node"));
  symlinkSync(process.execPath, at("bin/other-name"));
  for (const [name, text, mode] of [
    ["bin/npm", "#!/usr/bin/env node\n", 0o755],
    ["bin/tool", "#!/bin/sh\n", 0o755],
    ["bin/data", "text", 0o644],
  ] as const) {
    writeFileSync(at(name), text);
    chmodSync(at(name), mode);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const find = (...command: string[]) => commandFile(command, { PATH: `/nowhere:${at("bin")}` });

test("programs are found on the path, by kind", () => {
  expect(find("node", "--inspect", "app.js")).toEqual({
    file: at("bin/node"),
    kind: "node",
    flags: ["--inspect"],
  });
  expect(find("other-name")).toMatchObject({ kind: "node" });
  expect(find("npm", "--flag")).toEqual({ file: at("bin/npm"), kind: "script", flags: [] });
  expect(find("tool")).toMatchObject({ kind: "other" });
});

test("a path is taken as it is", () => {
  expect(find(at("bin/tool"))).toMatchObject({ file: at("bin/tool") });
});

test("what isn't there is 127, and what may not be run 126, as in a shell", () => {
  expect(find("absent")).toEqual({ exitCode: 127, reason: "absent: command not found" });
  expect(find(at("absent"))).toMatchObject({ exitCode: 127 });
  expect(find("")).toMatchObject({ exitCode: 127 });
  expect(find("data")).toEqual({ exitCode: 126, reason: `${at("bin/data")}: permission denied` });
  expect(find(at("bin"))).toMatchObject({ exitCode: 126 });
});

test("a program takes this process's place only where nothing is lost by it", () => {
  const start = { file: "/n", kind: "node", command: ["node"], env: { A: "1", B: undefined } } as const;
  const here = { hasChannel: false, hasExecve: true };
  expect(canBecome(start, here)).toBe(true);
  expect(canBecome({ ...start, kind: "script" }, here)).toBe(true);
  expect(canBecome({ ...start, kind: "other" }, here)).toBe(false);
  expect(canBecome(start, { ...here, hasChannel: true })).toBe(false);
  expect(canBecome(start, { ...here, hasExecve: false })).toBe(false);
  expect(canBecome({ ...start, command: ["node", "x".repeat(131_072)] }, here)).toBe(false);
});

test("versions are compared by their numbers", () => {
  expect(compareVersions("24.9.0", "24.10.0")).toBeLessThan(0);
  expect(compareVersions("24.10.0", "24.10.0")).toBe(0);
  expect(compareVersions("25.0.0-rc.1", "24.10.0")).toBeGreaterThan(0);
});
