import { type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from "node:http";
import { constants, type Http2ServerResponse } from "node:http2";
import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import { bodyOf, type OriginBody } from "./origin-body.ts";
import type { OriginReply } from "./origin-reply.ts";

/** Of either protocol. */
export type OriginResponse = ServerResponse | Http2ServerResponse;

const isHttp2 = (response: OriginResponse): response is Http2ServerResponse => "stream" in response;

/** Resolves after `ms`, at once for 0. */
const pause = (ms: number): Promise<void> =>
  ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : Promise.resolve();

/** Sends what `reply` says, breaks off where it says so; a client that goes away ends it too. */
export async function answer(
  response: OriginResponse,
  reply: OriginReply,
  received: Uint8Array,
): Promise<void> {
  if (reply.cut === "start") return breakOff(response, reply);
  const body = bodyOf(reply, received);
  const headers = headersOf(reply, body);
  const end = reply.cut === "body" ? (reply.cutAfterBytes ?? body.sizeBytes >> 1) : body.sizeBytes;
  if (isHttp2(response)) await answerHttp2(response, reply, headers, body.pieces(0, end));
  else if (isRaw(reply)) await answerRaw(response, reply, headers, body.pieces(0, end));
  else await answerHttp1(response, reply, headers, body.pieces(0, end));
}

function headersOf(reply: OriginReply, body: OriginBody): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { "content-type": "application/json" };
  if (body.encoding !== undefined) headers["content-encoding"] = body.encoding;
  if ((reply.framing ?? "length") === "length")
    headers["content-length"] = String(body.sizeBytes + (reply.lengthOff ?? 0));
  return { ...headers, ...reply.headers };
}

const mayHaveBody = (response: OriginResponse, status: number): boolean =>
  response.req?.method !== "HEAD" && status !== 204 && status !== 304;

async function answerHttp1(
  response: ServerResponse,
  reply: OriginReply,
  headers: OutgoingHttpHeaders,
  pieces: Iterable<Uint8Array>,
): Promise<void> {
  const { status = 200, lengthOff = 0 } = reply;
  if (reply.last === true) response.shouldKeepAlive = false;
  response.writeHead(status, headers);
  response.flushHeaders();
  if (mayHaveBody(response, status)) await writeAll(response, pieces, reply);
  if (reply.cut !== undefined) return breakOff(response, reply);
  const { socket } = response;
  response.end();
  // A body that came to its end differently than promised leaves a connection that can't be used again.
  if (lengthOff > 0) socket?.end();
}

async function answerHttp2(
  response: Http2ServerResponse,
  reply: OriginReply,
  headers: OutgoingHttpHeaders,
  pieces: Iterable<Uint8Array>,
): Promise<void> {
  const { status = 200 } = reply;
  if (reply.cut === "head") return breakOff(response, reply);
  response.writeHead(status, headers);
  if (mayHaveBody(response, status)) await writeAll(response.stream, pieces, reply);
  if (reply.cut !== undefined) return breakOff(response, reply);
  if (reply.last === true) response.stream.session?.close();
  response.end();
}

const isRaw = ({ cut, trickle, framing }: OriginReply): boolean =>
  cut === "head" || trickle !== undefined || framing === "close";

/** Writes to the socket itself what `ServerResponse` wouldn't; the connection ends with it. */
async function answerRaw(
  response: ServerResponse,
  reply: OriginReply,
  headers: OutgoingHttpHeaders,
  pieces: Iterable<Uint8Array>,
): Promise<void> {
  const { status = 200 } = reply;
  const socket = response.socket;
  if (socket === null) return;
  const isChunked = reply.framing === "chunked";
  const lines = Object.entries({
    ...headers,
    ...(isChunked ? { "transfer-encoding": "chunked" } : {}),
    connection: "close",
  }).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}\r\n`));
  const head = Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n`);
  if (reply.cut === "head") {
    await writeAll(socket, [head.subarray(0, head.length >> 1)], reply);
    return breakOff(response, reply);
  }
  await writeAll(socket, [head], reply);
  if (mayHaveBody(response, status)) {
    await writeAll(socket, isChunked ? chunked(pieces) : pieces, reply);
    if (isChunked && reply.cut === undefined) await writeAll(socket, [Buffer.from("0\r\n\r\n")], reply);
  }
  if (reply.cut === undefined) socket.end();
  else breakOff(response, reply);
}

function* chunked(pieces: Iterable<Uint8Array>): Iterable<Uint8Array> {
  for (const piece of pieces)
    yield Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")]);
}

async function writeAll(to: Writable, pieces: Iterable<Uint8Array>, { trickle }: OriginReply): Promise<void> {
  for (const piece of pieces) {
    const step = trickle?.bytes ?? piece.length;
    for (let at = 0; at < piece.length; at += step) {
      if (to.destroyed || !to.writable) return;
      await write(to, piece.subarray(at, at + step));
      if (trickle !== undefined) await pause(trickle.everyMs);
    }
  }
}

/** Ends when the bytes have left, or can't any more. */
const write = (to: Writable, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    const settle = (): void => {
      to.off("close", settle);
      resolve();
    };
    to.once("close", settle);
    to.write(bytes, settle);
  });

function breakOff(response: OriginResponse, { cutBy = "close" }: OriginReply): void {
  if (cutBy === "stall") return;
  if (!isHttp2(response)) {
    const socket: Socket | null = response.socket;
    // Only a bare TCP socket can be reset.
    if (cutBy === "reset" && socket !== null && !("encrypted" in socket)) socket.resetAndDestroy();
    else socket?.destroy();
  } else if (cutBy === "stream") response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else response.stream.session?.destroy();
}
