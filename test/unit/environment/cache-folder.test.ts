import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cacheFolder } from "../../../src/environment/cache-folder.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "victor-home-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const uid = process.getuid!();
const own = () => join(home, ".cache", "victor-optimizations", "compile-cache");

test("the folder is made for its owner alone", () => {
  expect(cacheFolder({ HOME: home })).toEqual({ folder: own() });
  expect(statSync(own()).mode & 0o777).toBe(0o700);
});

test("a dry run makes nothing", () => {
  expect(cacheFolder({ HOME: home }, uid, false)).toEqual({ folder: own() });
  expect(existsSync(join(home, ".cache"))).toBe(false);
});

test("XDG_CACHE_HOME is stronger than the home folder", () => {
  expect(cacheFolder({ HOME: "/nowhere", XDG_CACHE_HOME: home })).toEqual({
    folder: join(home, "victor-optimizations", "compile-cache"),
  });
});

test.each([{}, { HOME: "" }, { HOME: "relative" }])("without a home folder there is none: %j", (env) => {
  expect(cacheFolder(env)).toEqual({ reason: "there is no home folder to keep compiled code in" });
});

test("a folder that others can write is refused", () => {
  mkdirSync(own(), { recursive: true });
  chmodSync(own(), 0o777);
  expect(cacheFolder({ HOME: home })).toEqual({
    reason: `${own()} can be written by others; chmod go-w it`,
  });
});

test("a folder of another user is refused", () => {
  mkdirSync(own(), { recursive: true });
  const parent = join(home, ".cache", "victor-optimizations");
  expect(cacheFolder({ HOME: home }, uid + 1)).toEqual({ reason: `${parent} belongs to another user` });
});

test("a link that stands in its place is refused", () => {
  mkdirSync(join(own(), ".."), { recursive: true });
  symlinkSync(home, own());
  expect(cacheFolder({ HOME: home })).toEqual({ reason: `${own()} is no folder` });
});
