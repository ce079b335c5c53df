import type { Socket } from "node:net";
import type { buildConnector, Client, Dispatcher } from "undici";
import type { TimerHandle } from "../../clock.ts";
import type { Dialer, Opened } from "./dialer.ts";
import type { UndiciParts } from "./load-undici.ts";
import type { Protocol } from "./protocol-choice.ts";
import { separateStreams } from "./separate-streams.ts";
import type { TransportSettings } from "./transport-options.ts";

/** What a connection tells its pool. */
export interface ConnectionEvents {
  /** It takes requests again. */
  onDrain(connection: PooledConnection): void;
  /** It was lost; with requests of its own that weren't processed it connects again by itself. */
  onLost(connection: PooledConnection): void;
  /** Its client has a new connection; `onDrain` follows. */
  onReconnected(connection: PooledConnection): void;
  /** The server closed it before its first request; or, where it was lost before, it could not connect again. */
  onGone(connection: PooledConnection, wasOpen: boolean): void;
}

/** A connection and undici's client upon it. The client is given the socket with its first request. */
export class PooledConnection {
  readonly client: Client;
  protocol: Protocol;
  readonly openedAt: number;
  /** In its pool's list of those that take a request. */
  isAvailable = false;
  /** Whether the peer's settings are known. An HTTP/2 client sends only one request before. */
  isSettled: boolean;
  /** Out of rotation; it only finishes what it has. */
  isRetired = false;
  /** When its request was sent, milliseconds; 0 where nobody wants to know. */
  sentAt = 0;
  /** Requests that it was given. */
  served = 0;
  readonly #origin: URL;
  readonly #dialer: Dialer;
  readonly #settings: TransportSettings;
  readonly #events: ConnectionEvents;
  #spare: Socket | undefined;
  #spareTimer: TimerHandle;

  constructor(
    origin: URL,
    { socket, protocol }: Opened,
    parts: UndiciParts,
    dialer: Dialer,
    settings: TransportSettings,
    events: ConnectionEvents,
  ) {
    this.#origin = origin;
    this.protocol = protocol;
    this.openedAt = settings.clock.now();
    this.isSettled = protocol === "h1";
    this.#dialer = dialer;
    this.#settings = settings;
    this.#events = events;
    this.#spare = socket;
    const { keepAliveTimeoutMs, headersTimeoutMs, bodyTimeoutMs, streamsPerSession, pingIntervalMs } =
      settings;
    this.client = new parts.Client(origin, {
      connect: this.#connect,
      keepAliveTimeout: keepAliveTimeoutMs,
      headersTimeout: headersTimeoutMs,
      bodyTimeout: bodyTimeoutMs,
      h2Options: { maxConcurrentStreams: streamsPerSession, pingInterval: pingIntervalMs },
    } as Client.Options);
    separateStreams(this.client, parts);
    this.client.on("drain", () => events.onDrain(this));
    this.client.on("disconnect", () => events.onLost(this));
    this.client.on("connectionError", () => events.onGone(this, false));
  }

  /** Requests under way, and those that its client holds back. */
  get inFlight(): number {
    if (this.#spare !== undefined) return 0;
    return this.protocol === "h1" ? Number(!this.isAvailable) : this.client.stats.size;
  }

  /** @returns whether it takes another request now */
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (this.#spareTimer !== undefined) this.#unwatch();
    this.served++;
    return this.client.dispatch(options, handler);
  }

  /** Nobody needs it yet: it waits for a request no longer than an idle connection does, and doesn't keep the process alive. */
  keepSpare(): void {
    const socket = this.#spare;
    if (socket === undefined || this.#spareTimer !== undefined) return;
    this.#spareTimer = this.#settings.clock.setTimeout(this.#drop, this.#settings.keepAliveTimeoutMs);
    socket.on("error", this.#drop).on("close", this.#drop).on("readable", this.#look).unref();
  }

  /** Lets requests under way end. */
  close(): Promise<void> {
    this.#destroySpare();
    return this.client.close();
  }

  destroy(error: Error): Promise<void> {
    this.#destroySpare();
    return this.client.destroy(error);
  }

  readonly #connect: buildConnector.connector = ({ servername }, callback) => {
    const socket = this.#spare;
    this.#spare = undefined;
    if (socket !== undefined && !servername && !socket.destroyed) {
      // The client isn't ready for an answer before this call returns.
      queueMicrotask(() => callback(null, socket));
      return;
    }
    // Either the requests' Host asks for another certificate than was checked, or undici connects anew for its own.
    socket?.destroy();
    this.#dialer.dial(this.#origin, this.protocol === "h2", servername || undefined, (error, opened) => {
      if (opened === undefined) return callback(error!, null);
      this.protocol = opened.protocol;
      this.#events.onReconnected(this);
      callback(null, opened.socket);
    });
  };

  readonly #drop = () => {
    this.#destroySpare();
    this.#events.onGone(this, true);
  };

  /** A server has nothing to say before a request, but HTTP/2's settings: what is readable is the end. */
  readonly #look = () => {
    if (this.protocol === "h1" || this.#spare?.readableLength === 0) this.#drop();
  };

  #unwatch(): void {
    this.#settings.clock.clearTimeout(this.#spareTimer);
    this.#spareTimer = undefined;
    this.#spare?.off("error", this.#drop).off("close", this.#drop).off("readable", this.#look).ref();
  }

  #destroySpare(): void {
    if (this.#spareTimer !== undefined) this.#unwatch();
    // It may still report what ended it.
    this.#spare?.on("error", () => undefined).destroy();
    this.#spare = undefined;
  }
}
