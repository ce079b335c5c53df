import { Readable } from "node:stream";
import { Agent, type Dispatcher } from "undici";
import { afterEach, describe, expect, it } from "vitest";
import { decodeBody } from "../../../../src/network/compression/decode-body.ts";
import {
  RequestCompression,
  type RequestCompressionOptions,
} from "../../../../src/network/compression/request-compression.ts";
import { type Dispatch, requestContext } from "../../../../src/network/policy.ts";
import type { OriginReply } from "../../../../src/report/workloads/network/origin-reply.ts";
import { type OriginRequest, OriginServer } from "../../../../src/report/workloads/network/origin-server.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

interface Answer {
  readonly status: number;
  readonly body: string;
}
type Send = (
  body: Dispatcher.DispatchOptions["body"],
  more?: Partial<Dispatcher.DispatchOptions>,
) => Promise<Answer>;

async function setUp(
  options: RequestCompressionOptions,
  respond: (request: OriginRequest) => OriginReply,
): Promise<{
  origin: OriginServer;
  send: Send;
  compression: RequestCompression;
  sent: Dispatcher.DispatchOptions[];
}> {
  const origin = await OriginServer.start({}, respond);
  const agent = new Agent();
  open.push(origin, { [Symbol.asyncDispose]: () => agent.destroy() });
  const compression = new RequestCompression(options);
  const sent: Dispatcher.DispatchOptions[] = [];
  const dispatch: Dispatch = (given, handler) => {
    sent.push(given);
    return agent.dispatch(given, handler);
  };
  const send: Send = (body, more) =>
    new Promise((resolve, reject) => {
      const answer = { status: 0, body: "" };
      compression.policy(dispatch)(
        { origin: origin.url, path: "/", method: "POST", body: body ?? null, ...more },
        {
          onRequestStart: () => undefined,
          onResponseStart: (_controller, status) => {
            answer.status = status;
          },
          onResponseData: (_controller, chunk) => {
            answer.body += chunk;
          },
          onResponseEnd: () => resolve(answer),
          onResponseError: (_controller, error) => reject(error),
        },
      );
    });
  return { origin, send, compression, sent };
}

const json = JSON.stringify(Array.from({ length: 300 }, (_, id) => ({ id, name: `name ${id}` })));
const codingsOf = (origin: OriginServer) => origin.received.map(({ headers }) => headers["content-encoding"]);
const bodyOf = async ({ headers, body }: OriginRequest): Promise<string> =>
  Buffer.from(await decodeBody(headers["content-encoding"], body)).toString();

describe("compression of request bodies", () => {
  it("begins when the origin announces what it takes, with the best of it", async () => {
    const { origin, send, compression } = await setUp({}, () => ({
      headers: { "accept-encoding": "gzip, zstd;q=0.9" },
    }));
    for (let i = 0; i < 2; i++) expect((await send(json)).status).toBe(200);
    expect(codingsOf(origin)).toEqual([undefined, "gzip"]);
    const [plain, encoded] = origin.received as [OriginRequest, OriginRequest];
    expect([await bodyOf(plain), await bodyOf(encoded)]).toEqual([json, json]);
    expect(encoded.headers["content-length"]).toBe(String(encoded.body.length));
    expect(compression.stats()).toMatchObject({
      bodies: 1,
      plainBytes: json.length,
      encodedBytes: encoded.body.length,
      refused: 0,
    });
  });

  it("leaves bodies alone for an origin that says nothing, unless it is told to", async () => {
    const { origin, send } = await setUp({}, () => ({}));
    for (let i = 0; i < 2; i++) await send(json);
    expect(codingsOf(origin)).toEqual([undefined, undefined]);
    const all = await setUp({ origins: "all", unannounced: "br" }, () => ({}));
    await all.send(json);
    expect(codingsOf(all.origin)).toEqual(["br"]);
  });

  it("keeps to the origins that are listed", async () => {
    const { origin, send } = await setUp({ origins: ["https://api.example.org/v1"] }, () => ({}));
    await send(json);
    expect(codingsOf(origin)).toEqual([undefined]);
  });

  it("sends plainly once after a 415, and always from then on", async () => {
    const { origin, send, compression } = await setUp({ origins: "all" }, ({ headers }) =>
      headers["content-encoding"] === undefined ? { echo: true } : { status: 415, body: "no" },
    );
    expect(await send(json)).toEqual({ status: 200, body: json });
    expect(await send(json)).toEqual({ status: 200, body: json });
    expect(codingsOf(origin)).toEqual(["gzip", undefined, undefined]);
    expect(compression.stats()).toMatchObject({ refused: 1, refusingOrigins: 1 });
  });

  it("gives a 415 to the plain body back, and doesn't blame the coding", async () => {
    const { origin, send, compression } = await setUp({ origins: "all" }, () => ({
      status: 415,
      body: "no XML",
    }));
    expect(await send(json)).toEqual({ status: 415, body: "no XML" });
    expect(codingsOf(origin)).toEqual(["gzip", undefined]);
    expect(compression.stats().refusingOrigins).toBe(0);
  });

  it("learns from a 415 which coding would do", async () => {
    const { origin, send } = await setUp({ origins: "all" }, ({ headers }) =>
      headers["content-encoding"] === "gzip" ? { status: 415, headers: { "accept-encoding": "br" } } : {},
    );
    for (let i = 0; i < 2; i++) expect((await send(json)).status).toBe(200);
    expect(codingsOf(origin)).toEqual(["gzip", undefined, "br"]);
  });

  it("doesn't read an endless 415", async () => {
    const { send } = await setUp({ origins: "all" }, ({ headers }) =>
      headers["content-encoding"] === undefined ? {} : { status: 415, bodyBytes: 1e12 },
    );
    expect(await send(json)).toEqual({ status: 200, body: "ok" });
  });

  it.each<[string, Dispatcher.DispatchOptions["body"], Partial<Dispatcher.DispatchOptions>]>([
    ["a short body", "short", {}],
    ["a body with a coding", json, { headers: { "Content-Encoding": "aws-chunked" } }],
    ["a body with a digest", json, { headers: ["Content-Digest", "sha-256=:abc:"] }],
    ["a picture", json, { headers: { "content-type": "image/png" } }],
    ["no body", null, {}],
  ])("leaves %s alone", async (_what, body, more) => {
    const { send, sent } = await setUp({ origins: "all" }, () => ({}));
    await send(body, more);
    expect(sent[0]!.body).toBe(body);
  });

  it("leaves a stream alone, and a body that doesn't get shorter", async () => {
    const { origin, send, compression } = await setUp({ origins: "all" }, () => ({}));
    await send(Readable.from([json]));
    await send(Buffer.from(Array.from({ length: 2000 }, () => Math.floor(Math.random() * 256))));
    expect(codingsOf(origin)).toEqual([undefined, undefined]);
    expect(compression.stats()).toMatchObject({ notShorter: 1 });
  });

  it("encodes a long body in another thread, whatever form its headers have", async () => {
    const { origin, send } = await setUp({ origins: "all", levels: { gzip: 6 } }, () => ({}));
    const long = json.repeat(20);
    const forms = [
      ["X-A", "1", "content-length", String(long.length)],
      { "X-A": "1" },
      new Map([["X-A", "1"]]),
      new Headers({ "X-A": "1" }),
    ] as Dispatcher.DispatchOptions["headers"][];
    for (const headers of forms) await send(long, { headers: headers! });
    for (const request of origin.received) {
      expect(request.headers).toMatchObject({ "x-a": "1", "content-encoding": "gzip" });
      expect(await bodyOf(request)).toBe(long);
    }
    expect(origin.received.length).toBe(4);
  });

  it("drops a factory of plain bodies from what other policies share", async () => {
    const { send, sent } = await setUp({ origins: "all" }, () => ({}));
    const context = { makeBody: () => json, maxRetries: 2 };
    await send(json, { [requestContext]: context } as Partial<Dispatcher.DispatchOptions>);
    expect((sent[0] as { [requestContext]?: unknown })[requestContext]).toEqual({ maxRetries: 2 });
  });

  it("passes errors on", async () => {
    const { send } = await setUp({ origins: "all" }, () => ({ cut: "start" }));
    await expect(send(json)).rejects.toMatchObject({ code: "UND_ERR_SOCKET" });
  });
});

describe("options of request compression", () => {
  it.each([
    [{ origins: "some" }, 'origins: expected one of "announced", "all", got "some"'],
    [{ codings: ["lzma"] }, "codings: expected one of"],
    [{ codings: "gzip" }, "codings: expected an array of codings"],
    [{ unannounced: "lzma" }, "unannounced: expected one of"],
    [{ levels: { gzip: 10 } }, "level of gzip: expected an integer from 0 to 9, got 10"],
    [{ minBytes: -1 }, "minBytes: expected an integer ≥ 0, got -1"],
    [{ maxOrigins: 0 }, "maxOrigins: expected an integer ≥ 1, got 0"],
    [{ minSize: 1 }, 'RequestCompression: unknown option "minSize"'],
  ])("are checked: %j", (options, message) => {
    expect(() => new RequestCompression(options as RequestCompressionOptions)).toThrow(message);
  });
});
