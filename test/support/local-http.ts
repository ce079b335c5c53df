import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createSocketServer, type Server, type Socket } from "node:net";

/** A server on a free port of this machine. */
export interface LocalServer extends AsyncDisposable {
  readonly origin: string;
  readonly port: number;
}

export function httpServer(listener: RequestListener, host?: string): Promise<LocalServer> {
  return listening(createServer(listener), host);
}

/** A server that is told of bare connections, for answers that no honest server gives. */
export function socketServer(onSocket: (socket: Socket) => void): Promise<LocalServer> {
  return listening(createSocketServer(onSocket));
}

async function listening(server: Server, host = "127.0.0.1"): Promise<LocalServer> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // Clients that hang up are what these servers are for.
    socket.on("error", () => socket.destroy());
  });
  server.listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://${host}:${port}`,
    port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** All pieces of a stream. */
export async function piecesOf(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return pieces;
}
