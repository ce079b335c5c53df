/** A child process that runs a Redis server and ends it when the report has ended, however it did. */
import { spawn } from "node:child_process";

const [, , program = "redis-server", folder = ".", port = "0"] = process.argv;
const server = spawn(
  program,
  ["--port", port, "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"],
  { stdio: ["ignore", "pipe", "pipe"] },
);

let log = "";
for (const stream of [server.stdout, server.stderr])
  stream.on("data", (bytes: Buffer) => {
    log = (log + bytes.toString()).slice(-4096);
    if (log.includes("Ready to accept connections")) process.send?.({ version: versionOf(log) });
  });
server.once("error", (error) => process.send?.({ error: error.message }));
server.once("exit", () => {
  if (process.connected) process.send?.({ error: log });
  process.exit();
});
process.on("disconnect", () => server.kill("SIGKILL"));

function versionOf(text: string): string {
  return /version=([\d.]+)/i.exec(text)?.[1] ?? "";
}
