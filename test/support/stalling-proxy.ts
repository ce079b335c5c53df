import { connect, createServer, type Server, type Socket } from "node:net";
import { notifyChannel } from "../../src/database/postgres/notify-triggers.ts";

/** How a connection breaks next: before a request gets to the server, or after it has committed and before it says so. */
export type Cut = "request" | "reply";

/** The end of a statement that changed something, in the server's stream (CommandComplete). */
const written = /C[\s\S]{4}(INSERT|UPDATE|DELETE|COMMIT|TRUNCATE|ALTER|CREATE)[^\0]*\0/;

/** Stands between one client and a PostgreSQL server, holds bytes back in either direction, and cuts connections. */
export class StallingProxy {
  readonly links = new Set<Link>();
  /** Breaks the next connection that comes to it. */
  armed: Cut | undefined;
  cuts = 0;
  readonly #server: Server;
  readonly #port: number;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.#port = port;
  }

  /** @param url of the server */
  static async start(url: string): Promise<StallingProxy> {
    const server = createServer({ noDelay: true });
    const listening = Promise.withResolvers<void>();
    server.listen(0, "127.0.0.1", listening.resolve);
    await listening.promise;
    const proxy = new StallingProxy(server, Number(new URL(url).port));
    server.on("connection", (client) => proxy.#accept(client));
    return proxy;
  }

  /** The same database, by this way. */
  urlOf(url: string): string {
    const { port } = this.#server.address() as { port: number };
    const proxied = new URL(url);
    proxied.port = String(port);
    return proxied.href;
  }

  /** Lets everything pass again. */
  release(): void {
    this.armed = undefined;
    for (const link of this.links) link.release();
  }

  /** Cuts the connections that listen for notices. */
  cutListeners(): void {
    for (const link of this.links)
      if (link.listens) {
        this.cuts++;
        link.destroy();
      }
  }

  close(): void {
    for (const link of this.links) link.destroy();
    this.#server.close();
  }

  /** @returns whether the connection is to be broken here */
  breaksAt(cut: Cut): boolean {
    if (this.armed !== cut) return false;
    this.armed = undefined;
    this.cuts++;
    return true;
  }

  #accept(client: Socket): void {
    const link = new Link(this, client, connect({ port: this.#port, host: "127.0.0.1", noDelay: true }));
    this.links.add(link);
  }
}

/** One connection, from its client to the server. */
export class Link {
  /** Has LISTEN been sent on it? */
  listens = false;
  readonly #proxy: StallingProxy;
  readonly #client: Socket;
  readonly #server: Socket;
  /** Bytes held back, by direction; `undefined` where they pass. */
  #requests: Buffer[] | undefined;
  #replies: Buffer[] | undefined;
  #requested = 0;

  constructor(proxy: StallingProxy, client: Socket, server: Socket) {
    this.#proxy = proxy;
    this.#client = client;
    this.#server = server;
    client.on("data", (bytes) => this.#onRequest(bytes));
    server.on("data", (bytes) => this.#onReply(bytes));
    for (const socket of [client, server])
      socket.on("error", () => this.destroy()).on("close", () => this.destroy());
  }

  hold(direction: "requests" | "replies"): void {
    if (direction === "requests") this.#requests ??= [];
    else this.#replies ??= [];
  }

  release(): void {
    const [requests, replies] = [this.#requests, this.#replies];
    this.#requests = undefined;
    this.#replies = undefined;
    for (const bytes of requests ?? []) this.#server.write(bytes);
    for (const bytes of replies ?? []) this.#client.write(bytes);
  }

  destroy(): void {
    this.#proxy.links.delete(this);
    this.#client.destroy();
    this.#server.destroy();
  }

  #onRequest(bytes: Buffer): void {
    if (bytes.includes(`LISTEN ${notifyChannel}`)) this.listens = true;
    // The first requests log in; a client may well give up when those fail.
    if (++this.#requested > 6 && !this.listens && this.#proxy.breaksAt("request")) this.destroy();
    else if (this.#requests) this.#requests.push(bytes);
    else this.#server.write(bytes);
  }

  #onReply(bytes: Buffer): void {
    if (!this.listens && written.test(bytes.toString("latin1")) && this.#proxy.breaksAt("reply"))
      this.destroy();
    else if (this.#replies) this.#replies.push(bytes);
    else this.#client.write(bytes);
  }
}
