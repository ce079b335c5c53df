import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createHttp2Server, createSecureServer, type Http2ServerRequest } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";
import { answer, type OriginResponse } from "./origin-answer.ts";
import { FaultDraw, type OriginFaults } from "./origin-faults.ts";
import { type OriginReply, replyOf } from "./origin-reply.ts";
import { type SelfSigned, selfSigned } from "./self-signed.ts";

/**
 * What an origin speaks: HTTP/1.1 in the clear or over TLS; HTTP/2 or HTTP/1.1 over TLS, as the client asks by ALPN;
 * HTTP/2 over TLS alone; HTTP/2 in the clear.
 */
export type OriginProtocol = "h1" | "h1-tls" | "h2" | "h2-only" | "h2c";

export interface OriginOptions {
  /** @default "h1" */
  readonly protocol?: OriginProtocol;
  /** Milliseconds before each answer. @default 0 */
  readonly delayMs?: number;
  /** @default none */
  readonly faults?: OriginFaults;
  /** What a request gets that asks for nothing by its URL. @default {} */
  readonly reply?: OriginReply;
  /** Streams at once of one HTTP/2 connection. @default Node's */
  readonly maxConcurrentStreams?: number;
  /** @default one made for it */
  readonly certificate?: SelfSigned;
  /** @default one that is free */
  readonly port?: number;
  /** Requests of which `received` tells, the last ones. @default 1000 */
  readonly remembered?: number;
}

/** A request as it came. */
export interface OriginRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly httpVersion: string;
  readonly body: Buffer;
  /** Milliseconds on the clock of `performance.now()` in the origin's process. */
  readonly atMs: number;
}

/** What the origin counted since its start, or since `reset`. */
export interface OriginStats {
  readonly requests: number;
  readonly connections: number;
  /** Open at the moment. */
  readonly openConnections: number;
  /** Requests under way at the moment, and the most that were at once. */
  readonly underWay: number;
  readonly mostUnderWay: number;
  /** Requests that a fault was drawn for. */
  readonly faults: number;
  /** Bytes of request bodies. */
  readonly receivedBytes: number;
  /** When each request came, milliseconds from the first; of the first 100,000. */
  readonly arrivalsMs: readonly number[];
}

/** Decides in the origin's own process what a request gets; over what its URL asks for. */
export type Respond = (request: OriginRequest) => OriginReply | Promise<OriginReply>;

const keptArrivals = 100_000;

/** A local server that misbehaves as it is told: by its options, by a function, or by each request's URL. */
export class OriginServer {
  /** `http://localhost:1234`, without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** PEM of the certificate that a client is to trust; also there, and of no use, where there is no TLS. */
  readonly ca: string;
  /** The last requests, in the order of their ends. */
  readonly received: OriginRequest[] = [];
  readonly #options: OriginOptions;
  readonly #respond: Respond | undefined;
  readonly #draw: FaultDraw | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #arrivals: number[] = [];
  #requests = 0;
  #connections = 0;
  #underWay = 0;
  #mostUnderWay = 0;
  #faults = 0;
  #receivedBytes = 0;

  private constructor(server: Server, certificate: SelfSigned, options: OriginOptions, respond?: Respond) {
    this.#server = server;
    this.#options = options;
    this.#respond = respond;
    this.#draw = options.faults === undefined ? undefined : new FaultDraw(options.faults);
    this.port = (server.address() as AddressInfo).port;
    const isPlain = options.protocol === undefined || options.protocol === "h1" || options.protocol === "h2c";
    this.url = `${isPlain ? "http" : "https"}://localhost:${this.port}`;
    this.ca = certificate.cert;
    server.on("connection", (socket: Socket) => {
      this.#connections++;
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      // A client that resets is part of what is tried.
      socket.on("error", () => socket.destroy());
    });
    server.on("request", (request: IncomingMessage | Http2ServerRequest, response: OriginResponse) =>
      this.#serve(request, response),
    );
  }

  /** @param respond runs here; what it throws is answered with a 500 that says what */
  static async start(options: OriginOptions = {}, respond?: Respond): Promise<OriginServer> {
    const certificate = options.certificate ?? selfSigned();
    const server = serverOf(options, certificate);
    server.listen(options.port ?? 0, "localhost");
    await once(server, "listening");
    return new OriginServer(server, certificate, options, respond);
  }

  stats(): OriginStats {
    const first = this.#arrivals[0] ?? 0;
    return {
      requests: this.#requests,
      connections: this.#connections,
      openConnections: this.#sockets.size,
      underWay: this.#underWay,
      mostUnderWay: this.#mostUnderWay,
      faults: this.#faults,
      receivedBytes: this.#receivedBytes,
      arrivalsMs: this.#arrivals.map((atMs) => atMs - first),
    };
  }

  /** Counts anew; what faults come next begins anew as well. */
  reset(): void {
    this.received.length = 0;
    this.#arrivals = [];
    this.#requests = 0;
    this.#connections = 0;
    this.#mostUnderWay = this.#underWay;
    this.#faults = 0;
    this.#receivedBytes = 0;
    this.#draw?.reset();
  }

  /** Cuts every connection; the server goes on. */
  cutConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Stops at once, and cuts what is open. */
  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.cutConnections();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #serve(request: IncomingMessage | Http2ServerRequest, response: OriginResponse): Promise<void> {
    const atMs = performance.now();
    this.#requests++;
    if (this.#arrivals.length < keptArrivals) this.#arrivals.push(atMs);
    this.#underWay++;
    this.#mostUnderWay = Math.max(this.#mostUnderWay, this.#underWay);
    response.on("close", () => this.#underWay--);
    for (const each of [request, response]) each.on("error", () => response.destroy());
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    await new Promise((resolve) => request.once("end", resolve).once("close", resolve));
    const received: OriginRequest = {
      method: request.method ?? "GET",
      target: request.url ?? "/",
      headers: request.headers,
      httpVersion: request.httpVersion,
      body: Buffer.concat(parts),
      atMs,
    };
    this.#receivedBytes += received.body.length;
    this.received.push(received);
    if (this.received.length > (this.#options.remembered ?? 1000)) this.received.shift();
    const reply = await this.#replyTo(received).catch(
      (error): OriginReply => ({ status: 500, body: `${error}` }),
    );
    if ((reply.delayMs ?? 0) > 0) await new Promise((resolve) => setTimeout(resolve, reply.delayMs));
    if (!response.destroyed) await answer(response, reply, received.body);
  }

  async #replyTo(request: OriginRequest): Promise<OriginReply> {
    const { delayMs = 0 } = this.#options;
    const told = { delayMs, ...this.#options.reply, ...replyOf(request.target) };
    const asked = this.#respond === undefined ? told : { ...told, ...(await this.#respond(request)) };
    if (this.#draw === undefined) return asked;
    const fault = this.#draw.draw(`${request.method} ${request.target}`);
    if (Object.keys(fault).length === 0) return asked;
    this.#faults++;
    return { ...asked, ...fault, delayMs: asked.delayMs + (fault.delayMs ?? 0) };
  }
}

function serverOf({ protocol = "h1", maxConcurrentStreams }: OriginOptions, certificate: SelfSigned): Server {
  const settings = maxConcurrentStreams === undefined ? {} : { settings: { maxConcurrentStreams } };
  const { key, cert } = certificate;
  if (protocol === "h1") return createServer({ keepAliveTimeout: 60_000 });
  if (protocol === "h1-tls") return createHttpsServer({ key, cert, keepAliveTimeout: 60_000 });
  if (protocol === "h2c") return createHttp2Server(settings);
  return createSecureServer({ key, cert, allowHTTP1: protocol === "h2", ...settings });
}
