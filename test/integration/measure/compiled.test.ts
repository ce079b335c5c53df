import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const entry = fileURLToPath(new URL("../../../src/measure/arm-process.ts", import.meta.url));
const module = new URL("./arms/context.ts", import.meta.url).href;

test("an arm's AsyncLocalStorage is compiled as it is without the runner", async () => {
  const child = fork(entry, {
    execArgv: ["--trace-compilation-dependencies"],
    serialization: "advanced",
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  let printed = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const closed = once(child, "close");
  const ask = async (request: object) => {
    const reply = once(child, "message");
    child.send(request);
    return (await reply)[0] as { type: string };
  };
  expect(await ask({ type: "setup", module, exportName: "setup", args: {} })).toMatchObject({
    type: "ready",
  });
  for (let i = 0; i < 10; i++) await ask({ type: "round", count: 30_000 });
  await ask({ type: "finish" });
  await closed;
  // That it was compiled at all; then that V8 didn't give up, time after time: hundreds of times when it does.
  expect(printed).toContain("Installing dependency");
  expect(printed.split("aborted due to invalid dependency").length - 1).toBeLessThan(20);
});
