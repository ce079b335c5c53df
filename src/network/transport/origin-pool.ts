import type { Socket } from "node:net";
import type { Dispatcher } from "undici";
import type { TimerHandle } from "../../clock.ts";
import { ClosedError, TransportQueueFullError } from "../../errors.ts";
import { DialPace, furtherDials } from "./dial-ramp.ts";
import type { Dialer, Opened } from "./dialer.ts";
import type { UndiciParts } from "./load-undici.ts";
import { type ConnectionEvents, PooledConnection } from "./pooled-connection.ts";
import { type Protocol, ProtocolChoice } from "./protocol-choice.ts";
import type { TransportSettings } from "./transport-options.ts";
import { noCounts, type OriginStats } from "./transport-stats.ts";
import { fail, WaitingRequests } from "./waiting-requests.ts";

interface Dial {
  /** Requests that came no later than it began. */
  readonly lastOrder: number;
  socket: Socket | undefined;
}

/** One request in so many is sampled: a prime, so that no rhythm of the caller's meets it always. */
const sampleEvery = 13;
const mostHedges = 3;
const shortestPauseMs = 250;
const longestPauseMs = 5_000;

/**
 * The connections to one origin. A request goes to the open connection that was used last, else it waits for whichever
 * comes first: one that becomes free or one that is being opened. It is bound to none before.
 */
export class OriginPool implements ConnectionEvents {
  readonly origin: URL;
  /** Of the transport's own count, for choosing which origin to forget. */
  lastUsed = 0;
  readonly #counts = { ...noCounts };
  readonly #parts: UndiciParts;
  readonly #dialer: Dialer;
  readonly #settings: TransportSettings;
  readonly #choice: ProtocolChoice;
  readonly #waiting: WaitingRequests;
  readonly #connections = new Set<PooledConnection>();
  /** Out of rotation, with requests to finish. */
  readonly #retired = new Map<PooledConnection, Promise<void>>();
  /** Those that take a request, the one used last at the end. */
  readonly #available: Readonly<Record<Protocol, PooledConnection[]>> = { h1: [], h2: [] };
  readonly #dials = new Set<Dial>();
  #untilSample = sampleEvery;
  readonly #pace = new DialPace();
  /** Dials since the last that succeeded, or since all had ended. */
  #attempts = 0;
  #isDialingSoon = false;
  #hedges = 0;
  #hedgeTimer: TimerHandle;
  #pauseMs = shortestPauseMs;
  #pausedUntil = 0;
  #pauseTimer: TimerHandle;
  #closing: PromiseWithResolvers<void> | undefined;
  #destroyedBy: Error | undefined;

  constructor(origin: URL, parts: UndiciParts, dialer: Dialer, settings: TransportSettings) {
    this.origin = origin;
    this.#parts = parts;
    this.#dialer = dialer;
    this.#settings = settings;
    this.#choice = new ProtocolChoice(settings.protocol, origin.protocol === "https:");
    this.#waiting = new WaitingRequests(origin.origin, settings.clock, parts.queuedAbort, () => this.#pump());
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    if (this.#closing !== undefined || this.#destroyedBy !== undefined) {
      fail(handler, this.#destroyedBy ?? new ClosedError("transport"));
      return;
    }
    this.#counts.requests++;
    if (--this.#untilSample === 0) this.#sample();
    const connection = this.#waiting.size === 0 ? this.#free() : undefined;
    if (connection !== undefined) {
      this.#counts.poolHits++;
      this.#send(connection, options, handler);
    } else if (this.#waiting.size >= this.#settings.waitingPerOrigin)
      fail(handler, new TransportQueueFullError(this.origin.origin, this.#settings.waitingPerOrigin));
    else {
      this.#waiting.push(options, handler);
      this.#pump();
    }
  }

  /** Nothing is under way or waits. */
  get isIdle(): boolean {
    return this.#waiting.size === 0 && this.#dials.size === 0 && this.#inFlight() === 0;
  }

  stats(): OriginStats {
    const all = [...this.#connections];
    return {
      origin: this.origin.origin,
      protocol: this.#choice.preferred,
      reason: this.#choice.reason,
      roundTripMs: this.#choice.rttMs,
      connections: all.length,
      http2Connections: all.filter(({ protocol }) => protocol === "h2").length,
      idleConnections: all.filter(({ inFlight }) => inFlight === 0).length,
      connecting: this.#dials.size,
      inFlight: this.#inFlight(),
      waiting: this.#waiting.size,
      ...this.#counts,
    };
  }

  /** Takes no more requests; resolves when those that it has are done. */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#closing = Promise.withResolvers();
      this.#pump();
    }
    return this.#closing.promise;
  }

  /** Fails all that waits or is under way with `error`. */
  async destroy(error: Error): Promise<void> {
    this.#destroyedBy ??= error;
    this.#stopDials();
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const { scope, handler } = next;
      scope.runInAsyncScope(fail, null, handler, error);
    }
    const all = [...this.#connections, ...this.#retired.keys()];
    for (const connection of this.#connections) this.#retire(connection);
    await Promise.all(all.map((connection) => connection.destroy(error)));
    this.#closing?.resolve();
  }

  onDrain(connection: PooledConnection): void {
    connection.isSettled = true;
    if (connection.sentAt > 0) {
      this.#pace.served(this.#settings.clock.now() - connection.sentAt);
      connection.sentAt = 0;
    }
    this.#offer(connection);
    if (this.#waiting.size > 0) this.#pump();
  }

  onLost(connection: PooledConnection): void {
    this.#counts.connectionsClosed++;
    this.#withdraw(connection);
    connection.isSettled = false;
    // What the server didn't process, its client sends again on a connection of its own.
    if (connection.client.stats.pending === 0) this.#retire(connection);
    this.#pump();
  }

  onReconnected(connection: PooledConnection): void {
    this.#counts.connectionsOpened++;
    connection.isSettled = connection.protocol === "h1";
  }

  onGone(connection: PooledConnection, wasOpen: boolean): void {
    if (connection.isRetired) return;
    if (wasOpen) this.#counts.connectionsClosed++;
    else this.#counts.connectionsFailed++;
    this.#retire(connection);
    this.#pump();
  }

  #free(): PooledConnection | undefined {
    const { h1, h2 } = this.#available;
    return this.#choice.preferred === "h1" ? (h1.at(-1) ?? h2.at(-1)) : (h2.at(-1) ?? h1.at(-1));
  }

  #send(
    connection: PooledConnection,
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): void {
    if (connection.served > 0) this.#counts.reused++;
    // A handler may dispatch within this call: one request a connection is all that HTTP/1.1 takes.
    if (connection.protocol === "h1") {
      this.#withdraw(connection);
      if (this.#waiting.size > 0 || this.#pace.serviceMs === undefined)
        connection.sentAt = this.#settings.clock.now();
      if (!connection.dispatch(options, handler)) return;
      // Refused: its options are no request.
      connection.sentAt = 0;
      this.#offer(connection);
    } else if (!connection.dispatch(options, handler)) this.#withdraw(connection);
  }

  #offer(connection: PooledConnection): void {
    if (connection.isAvailable || connection.isRetired) return;
    connection.isAvailable = true;
    this.#available[connection.protocol].push(connection);
  }

  #withdraw(connection: PooledConnection): void {
    if (!connection.isAvailable) return;
    connection.isAvailable = false;
    const list = this.#available[connection.protocol];
    if (list.at(-1) === connection) list.pop();
    else list.splice(list.indexOf(connection), 1);
  }

  #retire(connection: PooledConnection): void {
    this.#withdraw(connection);
    connection.isRetired = true;
    if (!this.#connections.delete(connection)) return;
    const closed = connection.close().finally(() => this.#retired.delete(connection));
    this.#retired.set(connection, closed);
  }

  #pump(): void {
    while (this.#waiting.size > 0) {
      const connection = this.#free();
      if (connection === undefined) break;
      const { scope, options, handler, since } = this.#waiting.shift()!;
      if (connection.openedAt <= since) this.#counts.poolHits++;
      scope.runInAsyncScope(this.#send, this, connection, options, handler);
    }
    if (this.#destroyedBy !== undefined) return;
    if (this.#waiting.size === 0) {
      this.#settle();
      return;
    }
    for (const { socket } of this.#dials) socket?.ref();
    if (this.#connections.size === 0) this.#dialMore();
    else this.#dialSoon();
  }

  /**
   * Not at once: a connection whose response has ended takes its next request only when undici's `setImmediate` has run,
   * and whoever sends one request after the other would be given a second connection. That immediate may stand behind this
   * one, so wait for two.
   */
  #dialSoon(): void {
    if (this.#isDialingSoon) return;
    this.#isDialingSoon = true;
    setImmediate(() =>
      setImmediate(() => {
        this.#isDialingSoon = false;
        if (this.#waiting.size > 0 && this.#destroyedBy === undefined) this.#dialMore();
      }),
    );
  }

  /** Nobody waits. */
  #settle(): void {
    for (const { socket } of this.#dials) socket?.unref();
    this.#stopHedging();
    if (this.#closing === undefined) return;
    this.#stopDials();
    for (const connection of this.#connections) this.#retire(connection);
    Promise.all(this.#retired.values()).then(() => this.#closing!.resolve(), this.#closing.reject);
  }

  #dialMore(): void {
    const open = this.#connections.size;
    const isLive = open > this.#unsettled();
    if (isLive && this.#settings.clock.now() < this.#pausedUntil) return;
    const protocol = this.#choice.preferred;
    const further = furtherDials(
      {
        waiting: this.#waiting.size,
        dialing: protocol === "h1" ? this.#dials.size : this.#attempts + this.#unsettled(),
        open: open - (protocol === "h1" ? 0 : this.#unsettled()),
        inFlight: this.#inFlight(),
        protocol,
        hedges: this.#hedges,
        pace: this.#pace,
      },
      { connections: this.#settings.connectionsPerOrigin, sessions: this.#settings.sessionsPerOrigin },
    );
    for (let i = 0; i < further; i++) this.#dial();
    if (!isLive) this.#hedge();
  }

  /** HTTP/2 connections whose settings haven't come: they may take many requests soon. */
  #unsettled(): number {
    let count = 0;
    for (const { isSettled } of this.#connections) if (!isSettled) count++;
    return count;
  }

  #dial(): void {
    const isOffered = this.#choice.preferred !== "h1";
    const dial: Dial = { lastOrder: this.#waiting.lastOrder, socket: undefined };
    this.#dials.add(dial);
    this.#attempts++;
    try {
      dial.socket = this.#dialer.dial(this.origin, isOffered, undefined, (error, opened) => {
        if (!this.#dials.delete(dial)) opened?.socket.destroy();
        else if (opened !== undefined) this.#onDialed(opened, isOffered);
        else this.#onDialFailed(dial, isOffered, error!);
      });
    } catch (error) {
      // TLS options that Node refuses.
      queueMicrotask(() => this.#dials.delete(dial) && this.#onDialFailed(dial, isOffered, error as Error));
    }
  }

  #onDialed(opened: Opened, isOffered: boolean): void {
    this.#counts.connectionsOpened++;
    this.#attempts = this.#dials.size;
    this.#stopHedging();
    this.#pace.opened(opened.tookMs);
    this.#pauseMs = shortestPauseMs;
    this.#choice.connected(opened.protocol, isOffered, opened.rttMs);
    const connection = new PooledConnection(
      this.origin,
      opened,
      this.#parts,
      this.#dialer,
      this.#settings,
      this,
    );
    this.#connections.add(connection);
    this.#offer(connection);
    this.#pump();
    if (connection.served > 0) return;
    // Another attempt came first, and one connection of HTTP/2 does for all.
    if (opened.protocol === "h2" && this.#connections.size > 1) this.onGone(connection, true);
    else connection.keepSpare();
  }

  #onDialFailed(dial: Dial, isOffered: boolean, error: Error): void {
    this.#counts.connectionsFailed++;
    this.#pace.failed();
    if (this.#dials.size === 0) this.#attempts = 0;
    if (!isOffered && this.#settings.protocol === "auto" && this.#choice.isByMeasure)
      this.#choice.refusedH1();
    else {
      if (this.#connections.size > 0) this.#pause();
      this.#failWaiting(dial, error);
    }
    if (this.#dials.size === 0) this.#stopHedging();
    this.#pump();
  }

  /** Requests go on with the connections that there are. */
  #pause(): void {
    const { clock } = this.#settings;
    // Attempts that fail together are one sign of an origin that takes no more.
    if (clock.now() < this.#pausedUntil) return;
    this.#pausedUntil = clock.now() + this.#pauseMs;
    if (this.#pauseTimer !== undefined) clock.clearTimeout(this.#pauseTimer);
    this.#pauseTimer = clock.setTimeout(() => {
      this.#pauseTimer = undefined;
      this.#pump();
    }, this.#pauseMs);
    this.#pauseMs = Math.min(longestPauseMs, 2 * this.#pauseMs);
  }

  /** Those that this attempt was for, when nothing else can serve them; and those that have waited as long as one may take. */
  #failWaiting({ lastOrder }: Dial, error: Error): void {
    const { clock, connectTimeoutMs } = this.#settings;
    const isLast = this.#dials.size === 0 && this.#connections.size === 0;
    for (let next = this.#waiting.peek(); next !== undefined; next = this.#waiting.peek()) {
      const { scope, handler, order, since } = next;
      if (!(isLast && order <= lastOrder) && clock.now() - since < connectTimeoutMs) return;
      this.#waiting.shift();
      scope.runInAsyncScope(fail, null, handler, error);
    }
  }

  #hedge(): void {
    if (this.#hedgeTimer !== undefined || this.#hedges >= mostHedges) return;
    const waitMs = this.#settings.coldWaitMs * 2 ** this.#hedges;
    this.#hedgeTimer = this.#settings.clock.setTimeout(() => {
      this.#hedgeTimer = undefined;
      this.#hedges++;
      if (this.#waiting.size > 0) this.#dialMore();
    }, waitMs);
  }

  #stopHedging(): void {
    if (this.#hedgeTimer !== undefined) this.#settings.clock.clearTimeout(this.#hedgeTimer);
    this.#hedgeTimer = undefined;
    this.#hedges = 0;
  }

  #stopDials(): void {
    this.#stopHedging();
    if (this.#pauseTimer !== undefined) this.#settings.clock.clearTimeout(this.#pauseTimer);
    this.#pauseTimer = undefined;
    for (const { socket } of this.#dials) socket?.destroy();
    this.#dials.clear();
  }

  #inFlight(): number {
    let count = 0;
    for (const connection of this.#connections) count += connection.inFlight;
    return count;
  }

  #sample(): void {
    this.#untilSample = sampleEvery;
    this.#choice.sample(this.#inFlight() + this.#waiting.size + 1);
    // Requests go on with HTTP/2 until there is a connection that speaks HTTP/1.1.
    const isMissing = this.#choice.isByMeasure && this.#dials.size === 0;
    if (isMissing && [...this.#connections].every(({ protocol }) => protocol === "h2")) this.#dial();
  }
}
