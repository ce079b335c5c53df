import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { DashboardListenError } from "../errors.ts";
import { AllowedHost } from "../metrics/endpoint/allowed-host.ts";
import type { MetricSample, MetricSource } from "../metrics/metric.ts";
import { type DashboardOptions, type ResolvedOptions, resolveOptions } from "./dashboard-options.ts";
import { EventStreams, eventBytes } from "./event-streams.ts";
import { historyBytes } from "./history-bytes.ts";
import { readPageFiles } from "./page-files.ts";
import { PageRequests } from "./page-requests.ts";
import { readPanels } from "./panel-sources.ts";
import { SampleTimer } from "./sample-timer.ts";
import { Sampler } from "./sampler.ts";
import { SessionCookie } from "./session-cookie.ts";
import type { Hello, Panels } from "./wire.ts";

/** Counts of a running dashboard. */
export interface DashboardStats {
  /** Series kept, and samples of each. */
  readonly series: number;
  readonly samples: number;
  /** Bytes of the history. A copy of each histogram of the registry as it was last comes on top. */
  readonly sizeBytes: number;
  /** Rows given up to make room for others. */
  readonly dropped: number;
  /** Rows that no room was found for. */
  readonly refused: number;
  /** Viewers connected. */
  readonly clients: number;
  /** Viewers cut off because they didn't read. */
  readonly slowClients: number;
  /** Samples not taken because the registry, or `refresh`, threw. */
  readonly failedSamples: number;
}

/** A running dashboard. As a metric source it tells of itself. */
export interface Dashboard extends MetricSource, AsyncDisposable {
  /** Where to look: `http://127.0.0.1:7070/`. */
  readonly url: string;
  stats(): DashboardStats;
  /** Ends all streams and gives the port back. May be called again. */
  close(): Promise<void>;
}

/**
 * Serves a page that shows a registry's metrics, live and as far back as an hour. It samples whether or not somebody
 * looks, and never keeps the process alive by itself.
 * @throws {TypeError | RangeError} for what is no valid option
 * @throws {DashboardTokenRequiredError} when other machines could reach it and there is no token
 * @throws {DashboardListenError} when the port is taken, say
 * @throws {DashboardPageError} when the installation lacks a file
 */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const settings = resolveOptions(options);
  const files = readPageFiles();
  const server = createServer({
    maxHeaderSize: 8_192,
    headersTimeout: 10_000,
    requestTimeout: 10_000,
    keepAliveTimeout: 5_000,
    connectionsCheckingInterval: 5_000,
  });
  server.maxConnections = settings.maxClients + 64;
  server.unref();
  server.on("connection", (socket) => socket.unref());
  await listen(server, settings);
  return new RunningDashboard(settings, server, files);
}

async function listen(server: Server, { host, port }: ResolvedOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", (cause) => reject(new DashboardListenError(host, port, { cause })));
  server.listen(port, host, resolve);
  await promise;
  server.removeAllListeners("error");
  // A connection that can't be accepted, as when no file may be opened any more, must not end the program.
  server.on("error", () => undefined);
}

class RunningDashboard implements Dashboard {
  readonly name = "victor.dashboard";
  readonly url: string;
  readonly #settings: ResolvedOptions;
  readonly #server: Server;
  readonly #sampler: Sampler;
  readonly #streams: EventStreams;
  readonly #timer: SampleTimer;
  readonly #hello: Hello;
  #panels = "";
  #closing: Promise<void> | undefined;

  constructor(settings: ResolvedOptions, server: Server, files: ReturnType<typeof readPageFiles>) {
    const { registry, samples, maxSeries, intervalMs, host, token, clock } = settings;
    this.#settings = settings;
    this.#server = server;
    this.#sampler = new Sampler(registry, samples, maxSeries);
    this.#streams = new EventStreams(settings.maxClients);
    const { port } = server.address() as AddressInfo;
    this.url = `http://${host.includes(":") ? `[${host}]` : host}:${port}/`;
    this.#hello = { epoch: randomUUID(), title: settings.title, intervalMs, historyMs: samples * intervalMs };
    const requests = new PageRequests({
      files,
      allowed: new AllowedHost(host, settings.allowedHosts),
      session: token === undefined ? undefined : new SessionCookie(token, port),
      streams: this.#streams,
      greeting: () => this.#greeting(),
      history: (ids, from) => historyBytes(this.#sampler.window(ids, from)),
      now: () => clock.now(),
      wallNow: () => Date.now(),
    });
    server.on("request", (request, response) => requests.answer(request, response));
    this.#timer = new SampleTimer(clock, intervalMs, settings.refresh, (time) => this.#sample(time));
  }

  stats(): DashboardStats {
    return {
      ...this.#sampler.stats(),
      clients: this.#streams.size,
      slowClients: this.#streams.droppedSlow,
      failedSamples: this.#timer.failed,
    };
  }

  *collect(): Iterable<MetricSample> {
    const { series, sizeBytes, dropped, refused, clients, slowClients, failedSamples } = this.stats();
    const one = (
      type: "counter" | "gauge",
      name: string,
      unit: string,
      help: string,
      value: number,
    ): MetricSample => ({
      type,
      name: `victor.dashboard.${name}`,
      unit,
      help,
      labels: {},
      value,
    });
    yield one("gauge", "series", "{series}", "Series kept.", series);
    yield one("gauge", "history.size", "By", "Memory of the history.", sizeBytes);
    yield one("gauge", "clients", "{client}", "Viewers connected.", clients);
    yield one("counter", "rows.dropped", "{row}", "Rows given up to make room.", dropped);
    yield one("counter", "rows.refused", "{row}", "Rows that no room was found for.", refused);
    yield one(
      "counter",
      "clients.slow",
      "{client}",
      "Viewers cut off because they didn't read.",
      slowClients,
    );
    yield one(
      "counter",
      "samples.failed",
      "{sample}",
      "Samples not taken because of an error.",
      failedSamples,
    );
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#timer.close();
    this.#streams.close();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }

  #sample(time: number): void {
    const { changes, tick } = this.#sampler.sample(time);
    if (this.#streams.size === 0) return;
    const events: Buffer[] = [];
    if (changes.add.length + changes.drop.length > 0) events.push(eventBytes("rows", changes));
    events.push(eventBytes("tick", tick));
    const panels = this.#readPanels();
    const text = JSON.stringify(panels);
    if (text !== this.#panels) events.push(eventBytes("panels", panels));
    this.#panels = text;
    this.#streams.send(Buffer.concat(events));
  }

  #readPanels(): Panels {
    const refused = this.#sampler.refusedNow;
    const panels = readPanels(this.#settings);
    return refused === 0 ? panels : { ...panels, refused };
  }

  #greeting(): Buffer {
    return Buffer.concat([
      eventBytes("hello", this.#hello),
      eventBytes("rows", { add: this.#sampler.rows(), drop: [] }),
      eventBytes("panels", this.#readPanels()),
    ]);
  }
}
