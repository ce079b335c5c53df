import { BatchAnswerError } from "../../errors.ts";
import { callable, integer, knownKeys, optionsObject, rejectType } from "../../options.ts";
import type { SendContext } from "./batcher-options.ts";

/** What a sender needs of a response. */
export interface BatchResponse {
  readonly status: number;
  text(): Promise<string> | string;
}

/** What a sender sends with: a `NetworkOptimizer`'s `request`, or another of this shape. Limits on the answer's size are its own. */
export type BatchRequest = (
  method: "POST",
  url: string,
  options: {
    readonly body: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
  },
) => Promise<BatchResponse>;

export interface SenderOptions {
  readonly request: BatchRequest;
  readonly url: string;
  /** Beside `content-type` and `accept`. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** Of one request body, bytes ≥ 1; a batch that is longer becomes several requests. @default 1 MiB */
  readonly maxRequestBytes?: number;
  /** In errors. @default the URL's origin and path */
  readonly name?: string;
}

const known = ["request", "url", "headers", "maxRequestBytes", "name"];

/** Where JSON goes, and how. */
export class JsonPost {
  readonly name: string;
  readonly #options: SenderOptions;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #maxRequestBytes: number;

  /** @throws {TypeError} @throws {RangeError} */
  constructor(where: string, accept: string, options: SenderOptions) {
    knownKeys(where, options, known);
    callable("request", options.request);
    if (typeof options.url !== "string") rejectType("url", "a string", options.url);
    if (options.headers !== undefined) optionsObject("headers", options.headers);
    this.#options = options;
    this.#maxRequestBytes = integer("maxRequestBytes", options.maxRequestBytes ?? 2 ** 20, 1);
    this.#headers = { accept, "content-type": "application/json", ...options.headers };
    // A query, or a user's password, may be a secret.
    this.name = options.name ?? options.url.replace(/[?#].*$/, "").replace(/\/\/[^/@]*@/, "//");
  }

  /**
   * Sends texts of JSON, as arrays that are short enough; one alone goes without an array.
   * @param texts an `Error` in place of one isn't sent
   * @param read what comes back for some of them, by their places, from the answer's JSON; it may throw
   * @returns one for each text: what `read` said, the error in its place, or what failed its request
   * @throws what failed when one request had them all
   */
  async send<V>(
    texts: readonly (string | Error)[],
    { signal }: SendContext,
    read: (json: unknown, places: readonly number[], status: number) => readonly (V | Error)[],
  ): Promise<(V | Error)[]> {
    const items: (V | Error)[] = [];
    const parts = this.#parts(texts, items);
    const sendPart = async ({ body, places }: Part): Promise<void> => {
      const answers = read(...(await this.#post(body, signal, places)));
      for (const [i, place] of places.entries()) items[place] = answers[i]!;
    };
    const [first] = parts;
    if (first !== undefined && first.places.length === texts.length) await sendPart(first);
    else
      await Promise.all(
        parts.map((part) =>
          sendPart(part).catch((error) => {
            for (const place of part.places) items[place] = this.#asError(error);
          }),
        ),
      );
    return items;
  }

  #parts(texts: readonly (string | Error)[], errors: unknown[]): Part[] {
    const parts: Part[] = [];
    let chosen: string[] = [];
    let places: number[] = [];
    let sizeBytes = 0;
    const end = (): void => {
      if (places.length > 0)
        parts.push({ body: chosen.length === 1 ? chosen[0]! : `[${chosen.join(",")}]`, places });
      chosen = [];
      places = [];
    };
    for (const [place, text] of texts.entries()) {
      if (text instanceof Error) {
        errors[place] = text;
        continue;
      }
      // With its comma or bracket.
      const ownBytes = Buffer.byteLength(text) + 1;
      if (ownBytes - 1 > this.#maxRequestBytes) {
        const limit = `maxRequestBytes is ${this.#maxRequestBytes}`;
        errors[place] = new RangeError(`${this.name}: a call of ${ownBytes - 1} bytes, but ${limit}`);
        continue;
      }
      if (places.length > 0 && sizeBytes + ownBytes > this.#maxRequestBytes) end();
      sizeBytes = places.length === 0 ? ownBytes + 1 : sizeBytes + ownBytes;
      chosen.push(text);
      places.push(place);
    }
    end();
    return parts;
  }

  async #post(
    body: string,
    signal: AbortSignal,
    places: readonly number[],
  ): Promise<[unknown, readonly number[], number]> {
    const { request, url } = this.#options;
    const response = await request("POST", url, { body, headers: this.#headers, signal });
    const text = await response.text();
    try {
      return [text.trim() === "" ? undefined : JSON.parse(text), places, response.status];
    } catch (error) {
      throw new BatchAnswerError(this.name, `an answer that is no JSON (status ${response.status})`, {
        cause: error,
      });
    }
  }

  #asError(error: unknown): Error {
    return error instanceof Error ? error : new BatchAnswerError(this.name, String(error), { cause: error });
  }
}

interface Part {
  readonly body: string;
  readonly places: readonly number[];
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** @returns its JSON, or why there is none: a cycle, a bigint */
export function jsonOf(value: unknown): string | Error {
  try {
    return JSON.stringify(value);
  } catch (error) {
    return error as Error;
  }
}
