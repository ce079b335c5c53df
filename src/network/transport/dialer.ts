import { lookup as systemLookup } from "node:dns";
import type { LookupFunction, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { buildConnector } from "undici";
import { TlsCertificateError } from "../../errors.ts";
import { publicLookup } from "../address-guard.ts";
import type { UndiciParts } from "./load-undici.ts";
import type { Protocol } from "./protocol-choice.ts";
import type { TransportSettings } from "./transport-options.ts";

/** A connection that nothing was sent on yet. */
export interface Opened {
  readonly socket: Socket;
  readonly protocol: Protocol;
  /** From the first packet to its answer, milliseconds; `undefined` for a Unix socket. */
  readonly rttMs: number | undefined;
  /** The whole of it, name and TLS included, milliseconds. */
  readonly tookMs: number;
}

export type DialCallback = (error: Error | undefined, opened: Opened | undefined) => void;
type Target = Parameters<buildConnector.connector>[0];

/** Opens connections, tells the DNS cache which addresses fail, and measures the round trip. */
export class Dialer {
  readonly #withH2: buildConnector.connector;
  readonly #withoutH2: buildConnector.connector;
  readonly #settings: TransportSettings;

  constructor({ buildConnector }: UndiciParts, settings: TransportSettings) {
    this.#settings = settings;
    const { tls, dns, connectTimeoutMs, socketPath, publicAddressesOnly } = settings;
    const lookup = (dns?.lookup ?? systemLookup) as LookupFunction;
    // One after the other has its own memory of TLS sessions, which for a server's name are good for one set of protocols.
    const connector = (allowH2: boolean) =>
      buildConnector({
        lookup: publicAddressesOnly ? publicLookup(lookup) : lookup,
        ...tls,
        allowH2,
        preferH2: true,
        timeout: connectTimeoutMs,
        socketPath: socketPath ?? null,
      } as buildConnector.BuildOptions);
    this.#withH2 = connector(true);
    this.#withoutH2 = connector(false);
  }

  /**
   * @param offerH2 whether the server may choose HTTP/2
   * @param servername the certificate's name where it isn't the origin's own
   * @returns the socket, to cancel by; undici's connector returns it, though its types don't say so
   */
  dial(origin: URL, offerH2: boolean, servername: string | undefined, done: DialCallback): Socket {
    const { clock, dns } = this.#settings;
    const startedAt = clock.now();
    let attempt: { readonly address: string; readonly at: number } | undefined;
    let rttMs: number | undefined;
    const connect = (offerH2 ? this.#withH2 : this.#withoutH2) as (
      target: Target,
      callback: buildConnector.Callback,
    ) => Socket;
    const socket: Socket = connect(targetOf(origin, servername), (error, connected) => {
      if (error !== null) {
        if (attempt !== undefined && isConnectTimeout(error)) dns?.setAside(attempt.address);
        done(asTyped(origin.origin, error, socket as TLSSocket), undefined);
        return;
      }
      const protocol = (connected as TLSSocket).alpnProtocol === "h2" ? "h2" : "h1";
      done(undefined, { socket: connected, protocol, rttMs, tookMs: clock.now() - startedAt });
    });
    socket.on("connectionAttempt", (address: string) => {
      attempt = { address, at: clock.now() };
    });
    // Before undici's own listener, which hands the socket over.
    socket.prependOnceListener("connect", () => {
      if (attempt === undefined) return;
      rttMs = clock.now() - attempt.at;
      dns?.restore(attempt.address);
    });
    if (dns !== undefined)
      for (const event of ["connectionAttemptFailed", "connectionAttemptTimeout"])
        socket.on(event, (address: string) => dns.setAside(address));
    return socket;
  }
}

function targetOf({ hostname, host, protocol, port }: URL, servername: string | undefined): Target {
  const name = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  return { hostname: name, host, protocol, port, ...(servername === undefined ? undefined : { servername }) };
}

function isConnectTimeout(error: Error): boolean {
  return (error as NodeJS.ErrnoException).code === "UND_ERR_CONNECT_TIMEOUT";
}

/** Node notes on the socket that it was the certificate, whatever the reason is called. */
function asTyped(origin: string, error: Error, { authorizationError }: TLSSocket): Error {
  if (!authorizationError) return error;
  const { code } = error as NodeJS.ErrnoException;
  return new TlsCertificateError(origin, code ?? String(authorizationError), { cause: error });
}
