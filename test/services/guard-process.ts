// Started by guard.ts. Reads one JSON message a line; when the input ends, stops and removes what is still listed.
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { isAlive, signalTree } from "./process-tree.ts";

const pids = new Map<string, number | undefined>();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const message: { watch?: { folder: string; pid?: number }; release?: string } = JSON.parse(line);
  if (message.watch) pids.set(message.watch.folder, message.watch.pid);
  if (message.release) pids.delete(message.release);
});
lines.on("close", () => {
  for (const pid of pids.values())
    if (pid !== undefined) {
      // One that a test has frozen would not hear anything else; its children go down with it.
      signalTree(pid, "SIGKILL", true);
    }
  const deadline = Date.now() + 10_000;
  const finish = (): void => {
    const busy = [...pids.values()].some((pid) => pid !== undefined && isAlive(pid));
    if (busy && Date.now() < deadline) return void setTimeout(finish, 20);
    for (const folder of pids.keys()) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  finish();
});
