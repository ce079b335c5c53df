import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Agent } from "undici";
import { httpDate, type Reply, type SentRequest } from "./origin.ts";
import type { Stage } from "./play.ts";

/** An origin over HTTP/1.1 on this machine. To be disposed of after use. */
export async function openHttpStage(): Promise<Stage & AsyncDisposable> {
  let now = 0;
  let reply: (sent: SentRequest) => Reply = () => ({});
  const sent: SentRequest[] = [];
  const server = createServer((request, response) => {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value);
    const asked = { method: request.method!, url: request.url!, headers };
    sent.push(asked);
    request.resume();
    request.on("end", () => void answer(request, response, reply(asked), now));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const agent = new Agent();
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    dispatch: (options, handler) => agent.dispatch(options, handler),
    sent,
    set now(value: number) {
      now = value;
    },
    set reply(next: (sent: SentRequest) => Reply) {
      reply = next;
    },
    async [Symbol.asyncDispose]() {
      await agent.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { status = 200, headers = {}, body, trailers, interim, cut, dateless }: Reply,
  now: number,
): Promise<void> {
  if (cut === "before") {
    request.socket.destroy();
    return;
  }
  if (interim !== undefined) response.writeEarlyHints({ link: "</style.css>; rel=preload" });
  response.sendDate = false;
  const own: Record<string, string | string[]> = dateless ? {} : { date: httpDate(now) };
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) own[name] = typeof value === "string" ? value : [...value];
  const chunks =
    body === undefined ? [] : typeof body === "string" || body instanceof Uint8Array ? [body] : body;
  const bytes = Buffer.concat(chunks.map((chunk) => Buffer.from(chunk as string)));
  if (cut === "within") {
    response.writeHead(status, { ...own, "content-length": String(bytes.length + 1) });
    response.write(bytes);
    setImmediate(() => request.socket.destroy());
    return;
  }
  const isChunked = trailers !== undefined || own["transfer-encoding"] !== undefined;
  const hasBody = request.method !== "HEAD" && status !== 304 && status !== 204;
  if (!isChunked && hasBody) own["content-length"] ??= String(bytes.length);
  if (!isChunked && status === 304) delete own["content-length"];
  response.writeHead(status, own);
  if (trailers !== undefined) response.addTrailers(trailers);
  response.end(hasBody ? bytes : undefined);
}
