import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * Whether an `Authorization` header holds a token, in a time that tells nothing of how much of it is right, nor how
 * long it is.
 */
export class BearerToken {
  readonly #key = randomBytes(32);
  readonly #digest: Buffer;

  /** @param token not empty */
  constructor(token: string) {
    this.#digest = this.#digestOf(token);
  }

  isIn(authorization: string | undefined): boolean {
    const given = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1] ?? "";
    return timingSafeEqual(this.#digestOf(given), this.#digest);
  }

  #digestOf(token: string): Buffer {
    return createHmac("sha256", this.#key).update(token).digest();
  }
}
