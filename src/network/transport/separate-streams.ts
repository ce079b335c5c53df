import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import type { Client } from "undici";
import type { UndiciParts } from "./load-undici.ts";

/** RFC 9113, section 7. */
const cancel = 8;

/**
 * Keeps an HTTP/2 stream that is given up from harming others, for which undici 8 needs help:
 *
 * - It closes the stream with no code, on which Node sends no RST_STREAM while there is a body to be sent, and destroys it
 *   then. nghttp2 asks for the rest of that body for ever, and the event loop never comes back. Here it ends with CANCEL.
 * - Where no request of the client is running, it fails all that wait with the reason of the one that was given up.
 */
export function separateStreams(client: Client, { http2Session, onError }: UndiciParts): void {
  if (http2Session === undefined || onError === undefined) return;
  const inner = client as unknown as Record<symbol, unknown>;
  const failAll = inner[onError] as (error: Error) => void;
  /** The error that comes next is one stream's own. */
  let isOwn = false;
  inner[onError] = (error: Error) => {
    if (isOwn) isOwn = false;
    else failAll(error);
  };
  client.on("connect", () => {
    const session = inner[http2Session] as ClientHttp2Session | null | undefined;
    // HTTP/1.1 has none.
    if (!session) return;
    const { request } = session;
    session.request = (...given) => {
      const stream = request.apply(session, given);
      const { close } = Object.getPrototypeOf(stream) as ClientHttp2Stream;
      stream.close = (code, callback) => {
        if (code === undefined) isOwn = true;
        close.call(stream, code ?? cancel, callback);
      };
      return stream;
    };
  });
}
