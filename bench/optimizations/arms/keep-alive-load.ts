import { fork } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { Arm } from "../../../src/measure/index.ts";

const program = fileURLToPath(new URL("./memory-server.mjs", import.meta.url));
const request = Buffer.from("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
const connections = 16;

/** A server process of its own, and as light a client as can be: one request at a time on each of 16 connections. */
export async function setup(args: unknown): Promise<Arm> {
  const { flags } = args as { readonly flags: string[] };
  const server = fork(program, { execArgv: flags });
  const [port] = (await once(server, "message")) as [number];
  const sockets = await Promise.all(Array.from({ length: connections }, () => opened(port)));
  let size = 0;
  const one = async (socket: Socket): Promise<number> => {
    socket.write(request);
    const [chunk] = (await once(socket, "data")) as [Buffer];
    return chunk.length;
  };
  size = await one(sockets[0]!);
  return {
    async run(count) {
      await Promise.all(
        sockets.map((socket, index) => answered(socket, size, Math.floor((count + index) / connections))),
      );
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.kill();
      await once(server, "exit");
    },
  };
}

function answered(socket: Socket, size: number, count: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let left = count;
  let bytes = 0;
  const end = (): void => {
    socket.off("data", onData).off("error", reject);
    resolve();
  };
  const onData = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes < size) return;
    bytes -= size;
    if (--left > 0) socket.write(request);
    else end();
  };
  if (left === 0) return Promise.resolve();
  socket.on("data", onData).on("error", reject);
  socket.write(request);
  return promise;
}

async function opened(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}
