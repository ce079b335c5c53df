import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import {
  noStartUp,
  optimizedArm,
  plainArm,
  readSteps,
  startUpOf,
  startUpStep,
} from "../../../src/compare/optimized-arms.ts";

const command = [process.execPath, "app.js"];
const startUp = { env: { UV_THREADPOOL_SIZE: "8" }, nodeFlags: ["--max-semi-space-size=32"] };
const step = { id: "dns-cache", state: "applied" };

describe("a program with optimizations", () => {
  it("is started as victor run starts it", () => {
    expect(optimizedArm(command, { module: "file:///auto.js", startUp }, "/status.json")).toEqual({
      name: "with",
      command,
      nodeFlags: '--max-semi-space-size=32 --import "file:///auto.js"',
      env: { UV_THREADPOOL_SIZE: "8", VICTOR_STATUS_FILE: "/status.json" },
    });
  });

  it("is measured with one step alone, and with what start-up sets alone", () => {
    const by = { module: "m", startUp };
    expect(optimizedArm(command, by, "s", step)).toMatchObject({
      name: "only dns-cache",
      nodeFlags: '--import "m"',
      env: { VICTOR_OPTIMIZATIONS: "dns-cache" },
    });
    const [own] = startUpStep(startUp);
    expect(own).toMatchObject({ id: "start-up", reason: "UV_THREADPOOL_SIZE=8 --max-semi-space-size=32" });
    expect(optimizedArm(command, by, "s", own)).toMatchObject({
      name: "only start-up",
      nodeFlags: '--max-semi-space-size=32 --import "m"',
      env: { UV_THREADPOOL_SIZE: "8", VICTOR_OPTIMIZATIONS: "none" },
    });
    expect(startUpStep(noStartUp)).toEqual([]);
  });

  it("keeps what the user has set, and a command that isn't there is for the start to tell of", () => {
    expect(startUpOf(command, { ...process.env, UV_THREADPOOL_SIZE: "3" }).env).not.toHaveProperty(
      "UV_THREADPOOL_SIZE",
    );
    expect(startUpOf(["no-such-program"], process.env)).toEqual(noStartUp);
  });
});

test("a program that was killed while it wrote its status has said nothing", () => {
  const folder = mkdtempSync(join(tmpdir(), "victor-status-"));
  const file = join(folder, "status.json");
  try {
    for (const text of ["", '{"steps": [', "null", '{"steps": "many"}']) {
      writeFileSync(file, text);
      expect(readSteps(file)).toBeUndefined();
    }
    writeFileSync(file, '{"steps": []}');
    expect(readSteps(file)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the program without optimizations has none, though the user's own environment loads auto mode", () => {
  expect(plainArm(["node"], true).env).toEqual({ VICTOR_OPTIMIZATIONS: "none" });
  // Compared with another module, auto mode is the same in both.
  expect(plainArm(["node"], false).env).toEqual({});
});
