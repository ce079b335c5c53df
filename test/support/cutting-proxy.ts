import { connect, createServer, type Server, type Socket } from "node:net";

/** Stands between clients and a server on 127.0.0.1, and loses, delays or cuts what passes. */
export class CuttingProxy implements AsyncDisposable {
  /** What is lost on the way, without either side being told. */
  lost: "nothing" | "requests" | "replies" = "nothing";
  /** Milliseconds that each reply is late. */
  delayMs = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    server.on("connection", (client) =>
      this.#accept(client, connect({ port, host: "127.0.0.1", noDelay: true })),
    );
  }

  /** @param port of the server */
  static async start(port: number): Promise<CuttingProxy> {
    const server = createServer({ noDelay: true });
    const listening = Promise.withResolvers<void>();
    server.listen(0, "127.0.0.1", listening.resolve);
    await listening.promise;
    return new CuttingProxy(server, port);
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** Ends all connections with a reset. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const closed = Promise.withResolvers<void>();
    this.#server.close(() => closed.resolve());
    await closed.promise;
  }

  #accept(client: Socket, server: Socket): void {
    client.on("data", (bytes) => {
      if (this.lost !== "requests") server.write(bytes);
    });
    server.on("data", (bytes) => {
      if (this.lost === "replies") return;
      if (this.delayMs === 0) client.write(bytes);
      else setTimeout(() => client.write(bytes), this.delayMs);
    });
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      const end = () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      };
      socket.on("error", end).on("close", end);
    }
  }
}
