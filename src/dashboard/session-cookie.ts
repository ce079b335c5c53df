import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** How long a browser stays let in. */
export const sessionMs = 12 * 60 * 60 * 1000;

/**
 * Lets browsers in that have shown the token. What they get is no session of this process but a date signed with a key
 * made of the token: it holds after a restart with the same token, takes no memory, and doesn't give the token away.
 */
export class SessionCookie {
  readonly #name: string;
  readonly #tokenDigest: Buffer;
  readonly #key: Buffer;

  /** @param port cookies are shared by all ports of a host, so it stands in the name */
  constructor(token: string, port: number) {
    this.#name = `victor_dashboard_${port}`;
    this.#tokenDigest = digest(token);
    this.#key = digest(`victor dashboard cookie\0${token}`);
  }

  /** Compares in a time that depends on neither. */
  isToken(given: string): boolean {
    return timingSafeEqual(digest(given), this.#tokenDigest);
  }

  /** A `Set-Cookie` header. @param nowMs since 1970 */
  issue(nowMs: number): string {
    const expires = Math.floor(nowMs + sessionMs);
    const value = `${expires}.${this.#sign(expires)}`;
    return `${this.#name}=${value}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${sessionMs / 1000}`;
  }

  /** @param header the `Cookie` of a request */
  isLetIn(header: string | undefined, nowMs: number): boolean {
    const prefix = `${this.#name}=`;
    for (const pair of (header ?? "").split(";")) {
      const text = pair.trim();
      if (!text.startsWith(prefix)) continue;
      const [, expires, signature] = /^(\d{1,15})\.([\w-]{43})$/.exec(text.slice(prefix.length)) ?? [];
      if (expires === undefined || signature === undefined) continue;
      const isOurs = timingSafeEqual(digest(signature), digest(this.#sign(Number(expires))));
      if (isOurs && Number(expires) > nowMs) return true;
    }
    return false;
  }

  #sign(expires: number): string {
    return createHmac("sha256", this.#key).update(String(expires)).digest("base64url");
  }
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
