import type { OutgoingHttpHeaders } from "node:http";

/** A content coding that the origin can apply; `deflate-raw` goes out as `deflate`, without the wrapper that RFC 9110 asks for. */
export type OriginCoding = "gzip" | "deflate" | "deflate-raw" | "br" | "zstd";

/** What an origin does with one request. It survives JSON, so that the request itself can carry it. */
export interface OriginReply {
  /** Milliseconds before anything is sent. @default the origin's own */
  readonly delayMs?: number;
  /** @default 200 */
  readonly status?: number;
  /** Added to, or in place of, the origin's own. */
  readonly headers?: OutgoingHttpHeaders;
  /** @default "ok" */
  readonly body?: string | Uint8Array;
  /** Instead of `body`: so many bytes are made up and sent piece by piece, however many. */
  readonly bodyBytes?: number;
  /** Instead of `body`: what the request had as its body. @default false */
  readonly echo?: boolean;
  /** Applied to the body in this order. @default none */
  readonly encode?: readonly OriginCoding[];
  /** How HTTP/1.1 says where the body ends. @default "length" */
  readonly framing?: "length" | "chunked" | "close";
  /** Bytes that `content-length` promises beyond the body; negative for fewer. @default 0 */
  readonly lengthOff?: number;
  /** Where the answer breaks off. @default nowhere */
  readonly cut?: "start" | "head" | "body";
  /** For `cut: "body"`. @default half of the body */
  readonly cutAfterBytes?: number;
  /**
   * How it breaks off: the connection is closed, or reset; of HTTP/2 just the stream is; or nothing more comes, and all stays open.
   * @default "close"
   */
  readonly cutBy?: "close" | "reset" | "stream" | "stall";
  /** Head (of HTTP/1.1) and body go out so many bytes at a time. @default at once */
  readonly trickle?: { readonly bytes: number; readonly everyMs: number };
  /** The connection is closed after the answer; of HTTP/2 by GOAWAY. @default false */
  readonly last?: boolean;
}

const parameter = "reply";

/** @returns `url` with the reply that the origin is to give to it */
export function withReply(url: string | URL, reply: OriginReply): string {
  const asked = new URL(url);
  asked.searchParams.set(parameter, JSON.stringify(reply));
  return asked.href;
}

/** What a request target asks for. */
export function replyOf(target: string): OriginReply {
  const at = target.indexOf("?");
  const text = at < 0 ? null : new URLSearchParams(target.slice(at)).get(parameter);
  return text === null ? {} : (JSON.parse(text) as OriginReply);
}
