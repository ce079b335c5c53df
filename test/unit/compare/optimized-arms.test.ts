import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import {
  loadingArm,
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
    expect(optimizedArm(command, { module: "file:///auto.js", startUp }, "/status")).toEqual({
      name: "with",
      command,
      nodeFlags: '--max-semi-space-size=32 --import "file:///auto.js"',
      env: { UV_THREADPOOL_SIZE: "8", VICTOR_STATUS_FILE: join("/status", "%p.json") },
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

describe("what a program says it has applied", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "victor-status-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const write = (name: string, text: string, mtime: number) => {
    writeFileSync(join(folder, name), text);
    utimesSync(join(folder, name), mtime, mtime);
  };
  const said = (...steps: object[]) => JSON.stringify({ steps });

  it("is nothing where it was killed while it wrote", () => {
    expect(readSteps(folder)).toBeUndefined();
    for (const text of ["", '{"steps": [', "null", '{"steps": "many"}']) {
      write("1.json", text, 1);
      expect(readSteps(folder)).toBeUndefined();
    }
    write("1.json", said(), 1);
    write("2.json", "{", 2);
    write("3.json.7.tmp", said({ id: "pg", state: "applied" }), 3);
    expect(readSteps(folder)).toEqual([]);
  });

  it("is of each step what the process made of it that made the most, and of equal ones the last word", () => {
    const pg = (state: string, reason = "") => ({ id: "pg", state, reason });
    const orders = [
      ["off", "left-alone", "waiting", "pending", "failed", "applied"],
      ["applied", "failed", "pending", "waiting", "left-alone", "off"],
    ];
    for (const order of orders) {
      for (const [i, state] of order.entries()) write(`${i}.json`, said(pg(state)), i);
      expect(readSteps(folder)).toEqual([pg("applied")]);
    }
    // Two wait: npm and the program that it starts.
    for (const i of orders[0]!.keys()) write(`${i}.json`, said(pg("waiting", `by ${i}`)), 9 - i);
    expect(readSteps(folder)).toEqual([pg("waiting", "by 0")]);
    write("9.json", said(pg("off"), { id: "fetch", state: "applied" }), 99);
    expect(readSteps(folder)).toEqual([pg("waiting", "by 0"), { id: "fetch", state: "applied" }]);
  });
});

test("the program without optimizations has none, though the user's own environment loads auto mode", () => {
  expect(plainArm(["node"], true).env).toEqual({ VICTOR_OPTIMIZATIONS: "none" });
  // Compared with another module, auto mode is the same in both.
  expect(plainArm(["node"], false).env).toEqual({});
});

test("what steps are compared with loads the module as they do, with none of them and nothing set at start-up", () => {
  const by = {
    module: "file:///auto.js",
    startUp: { env: { UV_THREADPOOL_SIZE: "8" }, nodeFlags: ["--flag=1"] },
  };
  expect(loadingArm(["node", "app.js"], by, "/status")).toEqual({
    name: "loading",
    command: ["node", "app.js"],
    nodeFlags: '--import "file:///auto.js"',
    env: { VICTOR_STATUS_FILE: "/status/%p.json", VICTOR_OPTIMIZATIONS: "none" },
  });
});
