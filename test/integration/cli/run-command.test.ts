import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commandFile } from "../../../src/environment/command-file.ts";
import { splitNodeOptions } from "../../../src/environment/node-options.ts";
import { runFacts } from "../../../src/environment/run-facts.ts";
import { planRun } from "../../../src/environment/run-plan.ts";
import { machineProgram } from "../../services/machine-package.ts";
import { runNode } from "../../support/run-node.ts";

const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
let folder: string;
let env: NodeJS.ProcessEnv;
const at = (name: string) => join(folder, name);
const file = (name: string, text: string): string => {
  writeFileSync(at(name), text);
  return at(name);
};
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "victor run-"));
  const { NODE_OPTIONS, NODE_COMPILE_CACHE, UV_THREADPOOL_SIZE, ...rest } = process.env;
  env = {
    ...rest,
    HOME: folder,
    XDG_CACHE_HOME: undefined,
    PATH: `${dirname(process.execPath)}:${rest.PATH}`,
  };
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = (...args: string[]) => runNode([main, "run", ...args], { env });

test("arguments, working folder, input and exit code are the program's own", async () => {
  const script = file(
    "echo.mjs",
    `import { text } from "node:stream/consumers";
     console.log(JSON.stringify([process.argv.slice(2), process.cwd(), await text(process.stdin)]));
     process.exitCode = 7;`,
  );
  const args = ["--", "a b", "", "it's", '"$HOME"', "--flag", "ä\n*"];
  const { code, stdout, stderr } = await runNode([main, "run", "--", "node", script, ...args], {
    env,
    input: "in",
  });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual([args, process.cwd(), "in"]);
  expect(code).toBe(7);
});

test("the program takes the process's place, so that nothing stands between", async () => {
  const child = spawn(process.execPath, [main, "run", "--", "node", "-p", "process.pid"], { env });
  const out = (await child.stdout.toArray()).join("");
  expect(Number(out)).toBe(child.pid);
});

test("compiled code is kept in a folder of the user's own", async () => {
  const { stdout } = await run("--", "node", "-p", "process.env.NODE_COMPILE_CACHE");
  expect(stdout.trim()).toBe(join(folder, ".cache", "victor-optimizations", "compile-cache"));
});

test("a dry run prints what a shell can run, and runs nothing", async () => {
  const { code, stdout } = await run(
    "--dry-run",
    "--",
    "node",
    "-e",
    "require('fs').writeFileSync('made', '')",
  );
  expect(code).toBe(0);
  const [line = "", ...reasons] = stdout.trimEnd().split("\n");
  expect(line).toMatch(/NODE_COMPILE_CACHE=.* node -e 'require\('\\''fs'\\''\)/);
  expect(reasons.every((reason) => reason.startsWith("# "))).toBe(true);
  // A long path in one row doesn't push the reasons of all rows off the screen.
  expect(stdout).not.toMatch(/ {30}/);
  expect(() => readFileSync(at("made"))).toThrow("ENOENT");
});

test("verbose tells of each setting on standard error, and that the user's own is left", async () => {
  const { stdout, stderr } = await runNode([main, "run", "--verbose", "--", "node", "-p", "1"], {
    env: { ...env, UV_THREADPOOL_SIZE: "3" },
  });
  expect(stdout).toBe("1\n");
  expect(stderr).toMatch(/^# UV_THREADPOOL_SIZE +left: UV_THREADPOOL_SIZE=3 is set already$/m);
});

test("what isn't there ends with 127, and what may not be run with 126", async () => {
  const data = file("data", "text");
  const absent = await run("--", "no-such-program");
  expect(absent).toMatchObject({ code: 127, stderr: "victor run: no-such-program: command not found\n" });
  expect(await run("--", data)).toMatchObject({
    code: 126,
    stderr: `victor run: ${data}: permission denied\n`,
  });
  const broken = file("broken", "#!/no/such/interpreter\n");
  chmodSync(broken, 0o755);
  expect((await run("--", broken)).code).toBe(127);
});

test("a forked program that can't be started ends, too", async () => {
  const broken = file("broken", "#!/no/such/interpreter\n");
  chmodSync(broken, 0o755);
  const child = fork(main, ["run", "--", broken], { env, execArgv: [], silent: true });
  expect(await once(child, "exit")).toEqual([127, null]);
});

test("a wrong option is wrong usage", async () => {
  expect((await run("--nonsense", "--", "node")).code).toBe(2);
  expect((await run()).code).toBe(2);
  expect((await run("--no-auto", "--optimizations", "safe", "--", "node", "-e", "0")).code).toBe(2);
});

test.each(["SIGTERM", "SIGKILL", "SIGINT", "SIGHUP"] as const)(
  "death by %s is passed on, of Node and of others",
  async (signal) => {
    const node = await run(
      "--",
      "node",
      "-e",
      `process.kill(process.pid, "${signal}"); setTimeout(() => {}, 60_000)`,
    );
    expect(node.signal).toBe(signal);
    const other = await run("--", "sh", "-c", `kill -${signal.slice(3)} $$`);
    expect(other.signal).toBe(signal);
  },
);

const counting = (signals: readonly string[]): string => `
  let got = [];
  for (const signal of ${JSON.stringify(signals)}) process.on(signal, () => {
    got.push(signal);
    console.log("got " + got.join());
  });
  process.on("SIGTERM", () => { console.log("all " + got.join()); process.exit(5); });
  setInterval(() => {}, 1000);
  console.log("ready");`;

test.each(["node", "sh"])("each signal arrives once, below %s", async (kind) => {
  const script = file("signals.cjs", counting(["SIGINT", "SIGHUP", "SIGUSR2", "SIGWINCH"]));
  const command = kind === "node" ? ["node", script] : ["sh", "-c", 'exec node "$0"', script];
  // A group of its own, without a terminal.
  const child = spawn(process.execPath, [main, "run", "--", ...command], { env, detached: true });
  let out = "";
  child.stdout.on("data", (text) => {
    out += text;
  });
  const exit = once(child, "exit");
  const until = async (text: string): Promise<void> => {
    while (!out.includes(text)) await once(child.stdout, "data");
  };
  await until("ready");
  const sent: string[] = [];
  for (const signal of ["SIGINT", "SIGHUP", "SIGUSR2", "SIGWINCH"] as const) {
    child.kill(signal);
    sent.push(signal);
    await until(`got ${sent.join()}`);
  }
  child.kill("SIGTERM");
  expect(await exit).toEqual([5, null]);
  expect(out).toContain(`all ${sent.join()}\n`);
});

test("a program that isn't Node has its signals as they are by default", async () => {
  const { stdout } = await run("--", "sh", "-c", "grep SigIgn /proc/self/status");
  expect(stdout).toMatch(/^SigIgn:\s+0+\n$/);
});

test.each(["json", "advanced"] as const)(
  "messages and sockets pass to a parent that forked it, by %s",
  async (serialization) => {
    const script = file(
      "channel.cjs",
      `process.on("message", (message) => {
       if (message.end) return process.disconnect();
       process.send({ ...message, pid: process.pid, isMap: message.value instanceof Map, f: undefined });
     });
     process.on("disconnect", () => process.exit(3));
     process.send("ready");`,
    );
    const child = fork(main, ["run", "--", "node", script], { env, serialization, execArgv: [] });
    const exit = once(child, "exit");
    // Sent before there is anybody to hear it.
    child.send({ n: 1, value: serialization === "advanced" ? new Map([[1, 2]]) : [1, 2] });
    const messages: unknown[] = [];
    for await (const [message] of on(child)) {
      messages.push(message);
      if (messages.length === 2) break;
    }
    expect(messages[0]).toBe("ready");
    expect(messages[1]).toMatchObject({ n: 1, isMap: serialization === "advanced" });
    child.send({ end: true });
    expect(await exit).toEqual([3, null]);
  },
);

async function* on(child: ChildProcess): AsyncGenerator<readonly unknown[]> {
  const queue: unknown[] = [];
  let wake = (): void => {};
  child.on("message", (message) => {
    queue.push(message);
    wake();
  });
  for (;;) {
    while (queue.length > 0) yield [queue.shift()];
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}

test("what a program sends last arrives before its end is told", async () => {
  const script = file(
    "last.cjs",
    "for (let i = 0; i <= 500; i++) process.send(i, i < 500 ? undefined : () => process.disconnect()); process.exitCode = 4;",
  );
  const child = fork(main, ["run", "--", "node", script], { env, execArgv: [] });
  const exit = once(child, "exit");
  const messages: unknown[] = [];
  child.on("message", (message) => messages.push(message));
  await once(child, "disconnect");
  expect(messages).toEqual(Array.from({ length: 501 }, (_, i) => i));
  expect(await exit).toEqual([4, null]);
});

test("a forked program hears by its channel that what stood between was killed", async () => {
  const script = file(
    "orphan.cjs",
    `const { writeFileSync } = require("node:fs");
     process.on("disconnect", () => { writeFileSync(process.argv[2], "told"); process.exit(); });
     process.send("ready");`,
  );
  const child = fork(main, ["run", "--", "node", script, at("told")], { env, execArgv: [] });
  await once(child, "message");
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
  await expect.poll(() => readIfThere(at("told")), { timeout: 60_000 }).toBe("told");
});

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

test("an environment too long to be certain of is run beside, and whole", async () => {
  const { stdout, code } = await runNode([main, "run", "--", "node", "-p", "process.env.LONG.length"], {
    env: { ...env, LONG: "x".repeat(100_000), OTHER: "y".repeat(100_000) },
  });
  expect(code).toBe(0);
  expect(stdout).toBe("100000\n");
});

test("auto mode's module is loaded before the program, from a path with blanks, and once", async () => {
  const url = pathToFileURL(file("auto mode.mjs", "console.log('auto', process.env.VICTOR_OPTIMIZATIONS);"));
  const program = commandFile(["node"], env);
  if (!("file" in program)) throw new Error(program.reason);
  const facts = (of: NodeJS.ProcessEnv) =>
    runFacts(program, of, { wantsAuto: true, make: false, autoUrl: url });
  const once = { ...env, ...planRun(facts(env), { optimizations: "safe" }).env };
  const twice = { ...once, ...planRun(facts(once)).env };
  expect(twice.NODE_OPTIONS).toBe(once.NODE_OPTIONS);
  const { stdout } = await runNode(["-p", "'program'"], { env: twice });
  expect(stdout).toBe("auto safe\nprogram\n");
});

test("NODE_OPTIONS is split as Node splits it", async () => {
  const text = '--no-warnings  --title="a \\"b\\" \\\\ c"';
  const { stdout } = await runNode(["-p", "process.title"], { env: { ...env, NODE_OPTIONS: text } });
  expect(splitNodeOptions(text)).toContain(`--title=${stdout.trimEnd()}`);
});

test("an older Node on the program's path runs without auto mode", async () => {
  const old = file("node", "#!/bin/sh\necho v22.12.0\n");
  chmodSync(old, 0o755);
  const url = pathToFileURL(file("auto.mjs", ""));
  const program = commandFile([old], env);
  if (!("file" in program)) throw new Error(program.reason);
  expect(
    runFacts({ ...program, kind: "node" }, env, { wantsAuto: true, make: false, autoUrl: url }).auto,
  ).toEqual({
    reason: "the program runs on Node 22.12.0, and auto mode needs 24.10.0",
  });
});

test.each(["node", "sh"])("Ctrl-C at a terminal arrives once, below %s", async (kind) => {
  const script = file(
    "terminal.cjs",
    `let count = 0;
     process.on("SIGINT", () => {
       // What stands between has had its Ctrl-C before this, so it would pass on that one first.
       if (++count === 1) process.kill(${kind === "node" ? "process.pid" : "process.ppid"}, "SIGUSR2");
     });
     process.on("SIGUSR2", () => { console.log("count " + count); process.exit(5); });
     setInterval(() => {}, 1000);
     console.log("ready");`,
  );
  const command = kind === "node" ? `node '${script}'` : `sh -c 'exec node "$0"' '${script}'`;
  // A terminal of its own, from util-linux. Without `exec`, a shell in between may end by the Ctrl-C that it had as well.
  const terminal = `exec '${process.execPath}' '${main}' run -- ${command}`;
  const child = spawn(machineProgram("script", "bsdutils"), ["-qec", terminal, "/dev/null"], { env });
  let out = "";
  child.stdout.on("data", (text) => {
    out += text;
  });
  const exit = once(child, "exit");
  while (!out.includes("ready")) await once(child.stdout, "data");
  child.stdin.write("\x03");
  expect(await exit).toEqual([5, null]);
  expect(out).toContain("count 1\r\n");
});

test("a command that the system refuses at once ends as with a shell", async () => {
  const busy = at("busy");
  copyFileSync("/bin/true", busy);
  const descriptor = openSync(busy, "a");
  try {
    const { code, stderr } = await run("--no-auto", "--", busy);
    expect(stderr).toBe("victor run: spawn ETXTBSY\n");
    expect(code).toBe(126);
  } finally {
    closeSync(descriptor);
  }
});
