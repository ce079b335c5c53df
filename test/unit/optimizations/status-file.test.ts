import { execFileSync } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OptimizationsStatus } from "../../../src/optimizations/status.ts";
import { StatusFile } from "../../../src/optimizations/status-file.ts";
import { ManualClock } from "../../support/manual-clock.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "victor-status-"));
  path = join(folder, "status.json");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A file of a status that is no more than a number, which counts how often it was asked for. */
function counting(file = path) {
  const counted = { asked: 0 };
  const status = () => ({ pid: ++counted.asked }) as OptimizationsStatus;
  return Object.assign(counted, { file: new StatusFile(file, status) });
}

const written = (file = path): number => (JSON.parse(readFileSync(file, "utf8")) as { pid: number }).pid;
const microtasks = () => Promise.resolve();

describe("The status file", () => {
  it("is written when everything is applied, and again after a change", async () => {
    const { file } = counting();
    await microtasks();
    expect(written()).toBe(1);
    file.changed();
    while (written() < 2) await sleep(5);
    file.close();
    expect(written()).toBe(2);
  });

  it("is written each 10 s while anything in it changes, with the time, and not while nothing does", async () => {
    const clock = new ManualClock();
    const status = { pid: 1 };
    const file = new StatusFile(path, () => ({ ...status }) as OptimizationsStatus, clock);
    await microtasks();
    const { writtenAt } = JSON.parse(readFileSync(path, "utf8")) as { writtenAt: string };
    expect(new Date(writtenAt).toISOString()).toBe(writtenAt);
    status.pid = 2;
    clock.pass(9_999);
    expect(written()).toBe(1);
    clock.pass(1);
    expect(written()).toBe(2);
    rmSync(path);
    clock.pass(60_000);
    expect(readdirSync(folder)).toEqual([]);
    status.pid = 3;
    clock.pass(10_000);
    expect(written()).toBe(3);
    file.close();
    expect(clock.pending).toBe(0);
  });

  it("isn't asked for again and again where it can't be written", async () => {
    const warnings: unknown[] = [];
    const note = (warning: unknown) => warnings.push(warning);
    process.on("warning", note);
    const clock = new ManualClock();
    const none = join(folder, "none", "status.json");
    new StatusFile(none, () => ({ pid: clock.now() }) as OptimizationsStatus, clock);
    await microtasks();
    clock.pass(60_000);
    await sleep(0);
    process.off("warning", note);
    expect([warnings.length, clock.pending]).toEqual([1, 0]);
  });

  it("takes changes that come together at once, and writes them before it closes", async () => {
    const listeners = process.listenerCount("exit");
    const { file } = counting();
    await microtasks();
    for (let i = 0; i < 100; i++) file.changed();
    expect(written()).toBe(1);
    file.close();
    expect(written()).toBe(2);
    file.changed();
    file.close();
    expect(written()).toBe(2);
    expect(process.listenerCount("exit")).toBe(listeners);
  });

  it("isn't written by one who closes before everything is applied", async () => {
    const { file } = counting();
    file.close();
    await microtasks();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is replaced as a whole, keeps its mode, and leaves nothing beside it", async () => {
    writeFileSync(path, "an old one", { mode: 0o600 });
    const { ino } = statSync(path);
    const { file } = counting(join(folder, "status.json"));
    await microtasks();
    file.close();
    expect(statSync(path).ino).not.toBe(ino);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["status.json"]);
  });

  it("leaves a link what it is", async () => {
    const target = join(folder, "target.json");
    symlinkSync(target, path);
    counting().file.close();
    const linked = counting();
    await microtasks();
    linked.file.close();
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(written(target)).toBe(1);
  });

  it("is replaced as a whole, though a killed process of the same number has left its unfinished file", async () => {
    writeFileSync(path, "old");
    const left = `${path}.${process.pid}.tmp`;
    writeFileSync(left, "half");
    const { ino } = lstatSync(path);
    const { file } = counting();
    await microtasks();
    file.close();
    expect(written(path)).toBe(1);
    expect(lstatSync(path).ino).not.toBe(ino);
    expect(readFileSync(left, "utf8")).toBe("half");
  });

  it.each([
    ["a FIFO that nobody reads", "fifo"],
    ["a device that is full", "full"],
  ])("isn't waited for, and changes nothing, where its place is %s", async (_what, kind) => {
    if (kind === "fifo") execFileSync("mkfifo", [path]);
    else symlinkSync("/dev/full", path);
    const { mode } = lstatSync(path);
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on("warning", onWarning);
    const { file } = counting();
    await microtasks();
    file.close();
    await sleep(0);
    process.off("warning", onWarning);
    expect(warnings).toHaveLength(1);
    expect(lstatSync(path).mode).toBe(mode);
    expect(readdirSync(folder)).toEqual(["status.json"]);
  });

  it("stays in the folder that was current at first, wherever the program goes", async () => {
    const before = process.cwd();
    const { file } = counting(relative(before, path));
    await microtasks();
    file.changed();
    const elsewhere = join(folder, "elsewhere");
    mkdirSync(elsewhere);
    process.chdir(elsewhere);
    file.close();
    process.chdir(before);
    expect(written()).toBe(2);
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  it("has the process's id for %p", async () => {
    const { file } = counting(join(folder, "%p-%p.json"));
    await microtasks();
    file.close();
    expect(readdirSync(folder)).toEqual([`${process.pid}-${process.pid}.json`]);
  });

  it("is given up with one warning where it can't be written", async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on("warning", onWarning);
    const { file } = counting(join(folder, "none", "status.json"));
    await microtasks();
    file.changed();
    file.close();
    await sleep(0);
    process.off("warning", onWarning);
    expect(warnings.map((warning) => (warning as { code?: string }).code)).toEqual(["VICTOR_STATUS_FILE"]);
  });
});
