/** Where a response's body comes from, as it came: still encoded. @internal */
export interface ResponseBody {
  /** All of it. May be asked for again; the bytes may be shared, and are not to be changed. */
  whole(): Uint8Array | Promise<Uint8Array>;
  /** Piece by piece; only once, and not beside `whole`. */
  pieces(): AsyncIterable<Uint8Array>;
  /** Gives up what hasn't come yet. */
  cancel(): void;
}

/** What decoding needs. @internal */
export interface BodyDecoder {
  /** @param encoding a `Content-Encoding` other than identity @param body all of it */
  whole(encoding: string, body: Uint8Array): Uint8Array | Promise<Uint8Array>;
  pieces(encoding: string, body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}
