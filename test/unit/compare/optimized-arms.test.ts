import { describe, expect, it } from "vitest";
import { noStartUp, optimizedArm, startUpOf, startUpStep } from "../../../src/compare/optimized-arms.ts";

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
