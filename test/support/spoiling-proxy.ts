import { connect, createServer, type Server, type Socket } from "node:net";

/** What happens to a connection: an answer ends in its middle, one direction is silent, or requests come late. */
export type ProxyFault = "half" | "requests" | "answers" | "late";

/** Stands in front of a server, and spoils what passes. */
export class SpoilingProxy {
  /** What befalls all connections from now on. */
  fault: ProxyFault | undefined;
  /** Requests that still come in time when they are to be late. */
  inTime = 0;
  readonly #late: (() => void)[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(port: number): Promise<SpoilingProxy> {
    const server = createServer({ noDelay: true });
    const proxy = new SpoilingProxy(server);
    server.on("connection", (client) => proxy.#accept(client, port));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  /** Sends what is late, even of a client that hung up. */
  release(): void {
    for (const send of this.#late.splice(0)) send();
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #accept(client: Socket, port: number): void {
    let held = false;
    const upstream = connect({ port, host: "127.0.0.1", noDelay: true });
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        client.destroy();
        if (!held) upstream.destroy();
      });
    }
    client.on("data", (chunk) => {
      if (this.fault === "late" && --this.inTime < 0) {
        held = true;
        this.#late.push(() => upstream.write(chunk));
      } else if (this.fault !== "requests") upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (this.fault === "half") client.end(chunk.subarray(0, chunk.length >> 1));
      else if (this.fault !== "answers") client.write(chunk);
    });
  }
}
