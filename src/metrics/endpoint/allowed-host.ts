import { isIP } from "node:net";

/** May only this machine reach an address? `127.0.0.0/8`, `::1` and `localhost`. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/**
 * Which `Host` and `Origin` headers a request may have. A page of another site can make a browser send requests here,
 * and by DNS rebinding even under a name of its own that leads to this machine; the name gives it away. A literal
 * address can't be rebound.
 */
export class AllowedHost {
  readonly #names: ReadonlySet<string>;
  readonly #anyAddress: boolean;

  /**
   * @param host     what the server listens on
   * @param allowed  further names by which it may be called, such as that of a proxy before it; a port is left out
   */
  constructor(host: string, allowed: readonly string[]) {
    this.#names = new Set(
      ["localhost", host, ...allowed].map((name) => hostName(name) ?? name.toLowerCase()),
    );
    this.#anyAddress = !isLoopback(host);
  }

  /** @param header the `Host` of a request; its port may be any, since a tunnel has one of its own */
  allowsHost(header: string | undefined): boolean {
    const name = hostName(header);
    if (name === undefined) return false;
    return this.#names.has(name) || isLoopback(name) || (this.#anyAddress && isIP(name) !== 0);
  }

  /**
   * Does a request come from a page of this very server? Browsers send `Origin` with every POST, and say
   * `Sec-Fetch-Site`; other programs send neither.
   */
  isOwnOrigin(headers: Readonly<Record<string, string | string[] | undefined>>): boolean {
    const { host, origin } = headers;
    const site = headers["sec-fetch-site"];
    if (site !== undefined && site !== "same-origin" && site !== "none") return false;
    return origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
  }
}

/** The name or address in a `Host` header, in lower case, without port and brackets; `undefined` when it is none. */
function hostName(header: string | undefined): string | undefined {
  const parts = /^(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9._-]{1,253}?)\.?)(?::\d{1,5})?$/i.exec(header ?? "");
  return (parts?.[1] ?? parts?.[2])?.toLowerCase();
}
