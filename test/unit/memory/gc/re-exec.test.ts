import { expect, it } from "vitest";
import { type ReExecGround, reExec } from "../../../../src/memory/gc/re-exec.ts";

const flags = ["--max-semi-space-size=64"];

/** A process that notes what it is told to become. */
function processLike(changes: Partial<ReExecGround> = {}) {
  const calls: unknown[] = [];
  const ground: ReExecGround = {
    isMainThread: true,
    pid: 7,
    ppid: 3,
    hasChannel: false,
    isSingleExecutable: false,
    canRun: () => true,
    refusal: () => undefined,
    execPath: "/node",
    execArgv: ["--inspect", "--max_semi_space_size=4"],
    argv: ["/node", "/app.js", "a b"],
    env: { HOME: "/home" },
    execve: (...call) => calls.push(["execve", ...call]),
    runInstead: (...call) => calls.push(["run", ...call]),
    ...changes,
  };
  return { ground, calls };
}

it("becomes the same program with the flags before its own, which they replace", () => {
  const { ground, calls } = processLike();
  reExec(flags, ground);
  expect(calls).toEqual([
    [
      "execve",
      "/node",
      ["/node", "--max-semi-space-size=64", "--inspect", "/app.js", "a b"],
      { HOME: "/home", VICTOR_GC_REEXEC: "7" },
    ],
  ]);
});

it("runs a child instead where a process can't become another", () => {
  const { ground, calls } = processLike({ execve: undefined });
  reExec(flags, ground);
  expect(calls).toEqual([
    [
      "run",
      "/node",
      ["--max-semi-space-size=64", "--inspect", "/app.js", "a b"],
      { HOME: "/home", VICTOR_GC_REEXEC: "7" },
    ],
  ]);
});

it("is done once: not again in the process that it made, but in that one's children", () => {
  const { ground, calls } = processLike({ env: { VICTOR_GC_REEXEC: "7" } });
  expect(reExec(flags, ground).state).toBe("done");
  expect(calls).toEqual([]);
  const child = processLike({ env: { VICTOR_GC_REEXEC: "3" } });
  reExec(flags, child.ground);
  expect(child.calls).toHaveLength(1);
  const windows = processLike({ env: { VICTOR_GC_REEXEC: "3" }, execve: undefined });
  expect(reExec(flags, windows.ground).state).toBe("done");
  expect(windows.calls).toEqual([]);
});

it.each<[string, Partial<ReExecGround>, readonly string[]]>([
  ["a worker can't", { isMainThread: false }, flags],
  ["no flags", {}, []],
  ["channel", { hasChannel: true }, flags],
  ["standard input", { argv: ["/node"] }, flags],
  ["standard input", { argv: ["/node", "-", "a"] }, flags],
  ["single executable", { isSingleExecutable: true }, flags],
  ["can't be run", { canRun: () => false }, flags],
  ["too long", { refusal: () => "too long" }, flags],
  ["sockets", { env: { LISTEN_PID: "7", LISTEN_FDS: "1" } }, flags],
])("is refused with a reason: %s", (reason, changes, wanted) => {
  const { ground, calls } = processLike(changes);
  expect(reExec(wanted, ground)).toEqual({ state: "refused", reason: expect.stringContaining(reason) });
  expect(calls).toEqual([]);
});

it("runs code of the command line anew", () => {
  const { ground, calls } = processLike({ argv: ["/node"], execArgv: ["--eval", "code"] });
  reExec(flags, ground);
  expect(calls[0]).toContainEqual(["/node", ...flags, "--eval", "code"]);
});

it("hands on what the code of the command line was given, hyphens included", () => {
  const { ground, calls } = processLike({ argv: ["/node", "--own", "b"], execArgv: ["-e", "code"] });
  reExec(flags, ground);
  expect(calls[0]).toContainEqual(["/node", ...flags, "-e", "code", "--", "--own", "b"]);
});

it("goes on where the system refuses", () => {
  const { ground } = processLike({
    execve() {
      throw new Error("not permitted");
    },
  });
  expect(reExec(flags, ground)).toEqual({ state: "refused", reason: "the system refused: not permitted" });
});
