/// <reference path="./undici-modules.d.ts" />
import type { buildConnector, Client, Dispatcher, fetch } from "undici";

/** What the transport takes from undici. */
export interface UndiciParts {
  readonly Client: typeof Client;
  readonly buildConnector: typeof buildConnector;
  /** In a dispatch's options: how undici's own `request` hears where to take back a request that waits. */
  readonly queuedAbort: symbol | undefined;
  /** Of a client: its HTTP/2 session. */
  readonly http2Session: symbol | undefined;
  /** Of a client: its function for errors that aren't one request's. */
  readonly onError: symbol | undefined;
}

let parts: Promise<UndiciParts> | undefined;

/**
 * Loads undici's client when it is first needed. Its index isn't loaded: that takes more than twice the time, and sets
 * undici's dispatcher as the one of the whole process, by which the built-in `fetch` would go from then on.
 * @see docs/decisions/transport.md
 */
export function loadUndici(): Promise<UndiciParts> {
  parts ??= load().catch((error) => {
    parts = undefined;
    throw error;
  });
  return parts;
}

async function load(): Promise<UndiciParts> {
  const [client, connect, symbols] = await Promise.all([
    import("undici/lib/dispatcher/client.js"),
    import("undici/lib/core/connect.js"),
    import("undici/lib/core/symbols.js"),
  ]);
  return {
    Client: client.default,
    buildConnector: connect.default,
    queuedAbort: symbols.default.kQueuedAbort,
    http2Session: symbols.default.kHTTP2Session,
    onError: symbols.default.kOnError,
  };
}

/** undici's base class with `request`, `stream` and the rest, as its index makes it. */
export async function loadDispatcher(): Promise<typeof Dispatcher> {
  const [dispatcher, methods] = await Promise.all([
    import("undici/lib/dispatcher/dispatcher.js"),
    import("undici/lib/api/index.js"),
  ]);
  Object.assign(dispatcher.default.prototype, methods.default);
  return dispatcher.default;
}

/** By which the platform's own `fetch` finds its dispatcher. */
const platformDispatcher = Symbol.for("undici.globalDispatcher.1");

/** undici's `fetch`. The platform's own goes by its own dispatcher still. */
export async function loadFetch(): Promise<typeof fetch> {
  // Makes the platform load its own first, since what comes first sets the dispatcher of both.
  void globalThis.Response;
  const platforms: unknown = Reflect.get(globalThis, platformDispatcher);
  const loaded = await import("undici/lib/web/fetch/index.js");
  Reflect.set(globalThis, platformDispatcher, platforms);
  return loaded.default.fetch;
}
