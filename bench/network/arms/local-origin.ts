import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createSecureServer } from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { selfSigned } from "../../../test/support/self-signed.ts";

/** Where the arms send their requests. */
export interface LocalOrigin {
  /** HTTP/2 and HTTP/1.1 over TLS. */
  readonly secure: string;
  /** HTTP/1.1 without TLS. */
  readonly plain: string;
  /** `GET /connections` there gives how many came since it was asked last, and cuts those that are open. */
  readonly control: string;
}

/**
 * Serves requests in this process until it exits. Arms are started later, and trust the certificate by
 * `NODE_EXTRA_CA_CERTS`, because that is the only way to tell the built-in `fetch`.
 * @param delayMs before each response, milliseconds ≥ 0
 */
export async function localOrigin(delayMs = 0): Promise<LocalOrigin> {
  const certificate = selfSigned();
  const folder = mkdtempSync(join(tmpdir(), "local-origin-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  process.env.NODE_EXTRA_CA_CERTS = join(folder, "ca.pem");
  writeFileSync(process.env.NODE_EXTRA_CA_CERTS, certificate.cert);

  const sockets = new Set<Socket>();
  let connections = 0;
  const answer = (request: { resume(): unknown }, response: { end(body: string): unknown }) => {
    request.resume();
    if (delayMs === 0) response.end("hello");
    else setTimeout(() => response.end("hello"), delayMs);
  };
  const secure = createSecureServer({ ...certificate, allowHTTP1: true }, answer);
  const plain = createServer(answer);
  for (const server of [secure, plain])
    server.on("connection", (socket: Socket) => {
      connections++;
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
    });
  const control = createServer((_request: IncomingMessage, response: ServerResponse) => {
    response.end(String(connections));
    connections = 0;
    for (const socket of sockets) socket.destroy();
  });
  const port = async (server: Server) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, "127.0.0.1", 1_024, resolve);
    await promise;
    server.unref();
    return (server.address() as AddressInfo).port;
  };
  return {
    secure: `https://localhost:${await port(secure as unknown as Server)}`,
    plain: `http://localhost:${await port(plain)}`,
    control: `http://127.0.0.1:${await port(control)}`,
  };
}
