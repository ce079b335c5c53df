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
  readonly #keep: (stored: StoredResponse) => void;

  /** @param keep called when what is kept beside the response has changed its weight */
  constructor(stored: StoredResponse, now: number, isHead: boolean, keep: (stored: StoredResponse) => void) {
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
  }

  /** What was made of the body by an earlier caller, if it is still there. */
  get decoded(): unknown {
    return this.#stored.memo;
  }

  /**
   * Keeps what was made of the body, for callers to come. Counts by its bytes; anything but a string or bytes is not
   * kept, for it could be changed, and nobody knows what it takes.
   */
  set decoded(value: unknown) {
    const isText = typeof value === "string";
    if (!isText && !(value instanceof Uint8Array)) return;
    this.#stored.memo = value;
    this.#stored.memoWeight = isText ? 2 * value.length : value.byteLength;
    this.#keep(this.#stored);
  }
}
