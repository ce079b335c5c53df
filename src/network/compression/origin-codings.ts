import { acceptedCodings, type ContentCoding } from "./content-coding.ts";

/** What origins said of request bodies, for the last ones that were asked. */
export class OriginCodings {
  readonly #wanted: readonly ContentCoding[];
  readonly #maxOrigins: number;
  readonly #known = new Map<string, readonly ContentCoding[]>();

  /** @param wanted codings that may be used, the preferred first */
  constructor(wanted: readonly ContentCoding[], maxOrigins: number) {
    this.#wanted = wanted;
    this.#maxOrigins = maxOrigins;
  }

  /** @returns codings that it takes, the best first; none when it refused them; `undefined` when it hasn't said */
  get(origin: string): readonly ContentCoding[] | undefined {
    return this.#known.get(origin);
  }

  /** @param acceptEncoding of a response, which speaks of requests. @see RFC 7694 */
  announce(origin: string, acceptEncoding: string): void {
    this.#set(origin, acceptedCodings(acceptEncoding, this.#wanted));
  }

  refuse(origin: string): void {
    this.#set(origin, []);
  }

  /** Origins that refused all codings. */
  get refusing(): number {
    let count = 0;
    for (const codings of this.#known.values()) if (codings.length === 0) count++;
    return count;
  }

  #set(origin: string, codings: readonly ContentCoding[]): void {
    this.#known.delete(origin);
    this.#known.set(origin, codings);
    if (this.#known.size <= this.#maxOrigins) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}
