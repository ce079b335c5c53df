import { ageInSeconds } from "./answer.ts";
import { handedOut, type IncomingFields } from "./header-fields.ts";
import type { StoredResponse } from "./stored-response.ts";

/** A fresh response from memory, as `ResponseCache.lookup` gives it. Shared by all who ask: nobody may change it. */
export class CachedResponse {
  readonly status: number;
  readonly statusText: string;
  /** Names in lower case, `age` included; frozen. */
  readonly headers: Readonly<IncomingFields>;
  /** As received, still encoded. To be read only: whoever passes it on to others passes a copy. */
  readonly body: Uint8Array;
  readonly #stored: StoredResponse;
  readonly #keep: (memo: unknown, weight: number) => void;
  readonly #isHead: boolean;

  /** @param keep keeps beside the response what was made of it, and counts its bytes */
  constructor(
    stored: StoredResponse,
    now: number,
    isHead: boolean,
    keep: (memo: unknown, weight: number) => void,
  ) {
    const { status, statusText, fields, body } = stored.record;
    const headers = handedOut(fields);
    headers.age = ageInSeconds(stored, now);
    for (const value of Object.values(headers)) if (typeof value === "object") Object.freeze(value);
    this.status = status;
    this.statusText = statusText;
    this.headers = Object.freeze(headers);
    this.body = isHead ? body.subarray(0, 0) : body;
    this.#stored = stored;
    this.#keep = keep;
    this.#isHead = isHead;
  }

  /** What was made of the body by an earlier caller, if it is still there; nothing for a HEAD, which has none. */
  get decoded(): unknown {
    return this.#isHead ? undefined : this.#stored.memo;
  }

  /**
   * Keeps what was made of the body, for callers to come. Counts by its bytes; anything but a string or bytes is not
   * kept, for nobody knows what it takes, and neither is what would take more than an eighth of the cache.
   */
  set decoded(value: unknown) {
    // What is made of no body isn't what a GET is to be given.
    if (this.#isHead) return;
    if (typeof value === "string") this.#keep(value, 2 * value.length);
    else if (value instanceof Uint8Array) this.#keep(value, value.byteLength);
  }
}
