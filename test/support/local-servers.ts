import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { createSecureServer, type Http2SecureServer, type SecureServerOptions } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server as NetServer,
  type Socket,
} from "node:net";
import { selfSigned } from "./self-signed.ts";

export const certificate = selfSigned();

/** A server on a free port of this machine, and what it has seen. */
export interface LocalServer<S extends NetServer> {
  readonly server: S;
  readonly origin: string;
  readonly port: number;
  readonly sockets: Set<Socket>;
  /** Connections so far. */
  connections(): number;
  [Symbol.asyncDispose](): Promise<void>;
}

async function listening<S extends NetServer>(
  server: S,
  scheme: string,
  port: number,
): Promise<LocalServer<S>> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on("connection", (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const bound = (server.address() as AddressInfo).port;
  return {
    server,
    origin: `${scheme}://localhost:${bound}`,
    port: bound,
    sockets,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function httpServer(listener: RequestListener, port = 0): Promise<LocalServer<Server>> {
  return listening(createServer(listener), "http", port);
}

export function httpsServer(
  listener: RequestListener,
  tls: object = certificate,
): Promise<LocalServer<NetServer>> {
  return listening(createTlsServer(tls, listener), "https", 0);
}

/** Nothing is answered but what `setUp` answers. */
export async function http2Server(
  setUp: (server: Http2SecureServer) => void,
  options: SecureServerOptions = {},
  port = 0,
): Promise<LocalServer<Http2SecureServer>> {
  const server = createSecureServer({ ...certificate, ...options });
  server.on("sessionError", () => undefined);
  setUp(server);
  return listening(server as Http2SecureServer & NetServer, "https", port);
}

/** A server that speaks no protocol. */
export function tcpServer(
  onSocket: (socket: Socket) => void,
  scheme = "http",
): Promise<LocalServer<NetServer>> {
  return listening(createTcpServer(onSocket), scheme, 0);
}
