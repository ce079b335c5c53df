import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { Arm } from "../../../src/measure/index.ts";

const client = fileURLToPath(new URL("./keep-alive-client.mjs", import.meta.url));
const body = JSON.stringify({ answer: 42, text: "x".repeat(200) });

/** A server that answers from memory, in the process that is timed; who asks is another process, always a bare one. */
export async function setup(): Promise<Arm> {
  const server = createServer((_request, response) => {
    response.setHeader("Content-Type", "application/json");
    response.end(body);
  });
  // A connection is idle while the other arms have their turns.
  server.keepAliveTimeout = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const asker = fork(client, [String(port)], { execArgv: [], env: {} });
  await once(asker, "message");
  return {
    async run(count) {
      asker.send(count);
      await once(asker, "message");
    },
    counters: () => ({
      hasAutoMode: Number(Symbol.for("victor-optimizations.applied.1") in globalThis),
    }),
    async close() {
      asker.disconnect();
      await once(asker, "exit");
      server.close();
    },
  };
}
