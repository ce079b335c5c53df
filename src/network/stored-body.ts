import type { ResponseBody } from "./response-body.ts";

/** A body that is here already. @internal */
export class StoredBody implements ResponseBody {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  whole(): Uint8Array {
    return this.#bytes;
  }

  async *pieces(): AsyncIterable<Uint8Array> {
    if (this.#bytes.length > 0) yield Uint8Array.from(this.#bytes);
  }

  cancel(): void {}
}
