import { createServer, type Server } from "node:http";
import { integer, knownKeys, optionsObject, rejectType } from "../../options.ts";
import type { Exposed } from "../exposition.ts";
import { AllowedHost } from "./allowed-host.ts";
import { endpointOptionNames, type MetricsEndpointOptions } from "./endpoint-options.ts";
import { MetricsEndpoint, type MetricsEndpointStats } from "./metrics-endpoint.ts";

export interface MetricsServerOptions extends MetricsEndpointOptions {
  readonly registry: Exposed;
  /** 0 to 65535; 0 takes a free one. @default 9464, OpenTelemetry's for Prometheus exporters */
  readonly port?: number | undefined;
  /** The address to listen at. Metrics tell much of a program: set a `token` where others can reach it. @default "127.0.0.1" */
  readonly host?: string | undefined;
  /**
   * Further names by which it may be called, without port. Without a `token` a request whose `Host` is neither one of them
   * nor `localhost`, `host` or an address (where `host` is this machine's own: one of those) gets status 421, or a web
   * page whose name is made to lead here could read the metrics. @default []
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Begins with `/`; all else gets status 404. @default "/metrics" */
  readonly path?: string | undefined;
}

/** A server of its own for scrapes. */
export interface MetricsServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  stats(): MetricsEndpointStats;
  /** What it counts, as a source for a registry. */
  readonly endpoint: MetricsEndpoint;
  /** Stops listening and cuts off who is being answered. May be called again. */
  close(): Promise<void>;
}

/**
 * Serves a registry's metrics at an address of their own. It doesn't keep the process alive.
 * @throws {TypeError | RangeError} when an option is not valid
 * @throws the system's error (`EADDRINUSE`, `EACCES`) when it can't listen there
 */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  optionsObject("metrics server", options);
  knownKeys("metrics server", options, [
    ...["registry", "port", "host", "allowedHosts", "path"],
    ...endpointOptionNames,
  ]);
  const {
    registry,
    port = 9464,
    host = "127.0.0.1",
    allowedHosts = [],
    path = "/metrics",
    ...rest
  } = options;
  integer("port", port, 0, 65_535);
  if (typeof host !== "string" || host === "") rejectType("host", "an address", host);
  if (!Array.isArray(allowedHosts)) rejectType("allowedHosts", "an array of names", allowedHosts);
  for (const name of allowedHosts)
    if (typeof name !== "string" || name === "") rejectType("allowedHosts", "a name", name);
  if (typeof path !== "string" || !path.startsWith("/"))
    rejectType("path", "a path that begins with /", path);
  const endpoint = new MetricsEndpoint(registry, rest);
  // No page of another site can send the token.
  const allowed = rest.token === undefined ? new AllowedHost(host, allowedHosts) : undefined;
  const server = createServer((request, response) => {
    const refuse = (status: number, why: string) =>
      response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(`${why}\n`);
    if (allowed?.allowsHost(request.headers.host) === false)
      refuse(421, "This name isn't one that the server is called by; see allowedHosts.");
    else if (request.url?.split("?", 1)[0] === path) endpoint.handle(request, response);
    else refuse(404, `Metrics are at ${path}`);
  });
  server.maxHeadersCount = 100;
  server.headersTimeout = 10_000;
  server.requestTimeout = 10_000;
  server.unref();
  // A connection is a handle, too: without this, a scraper that keeps its connection would keep the process alive.
  server.on("connection", (socket) => socket.unref());
  const actual = await listening(server, port, host);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= new Promise((resolve) => {
      endpoint.close();
      server.close(() => resolve());
      server.closeAllConnections();
    });
    return closing;
  };
  return {
    port: actual,
    url: `http://${host.includes(":") ? `[${host}]` : host}:${actual}${path}`,
    endpoint,
    stats: () => endpoint.stats(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function listening(server: Server, port: number, host: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once("error", reject);
  // Exclusive: workers of a cluster would share one port, and a scrape would tell of any of them.
  server.listen({ port, host, exclusive: true }, () => {
    server.off("error", reject);
    // A connection that can't be accepted, as when no file may be opened any more, must not end the program.
    server.on("error", () => undefined);
    const address = server.address();
    resolve(typeof address === "object" && address ? address.port : port);
  });
  return promise;
}
