import { request } from "node:http";
import { buffer } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import type { DecodeLimits } from "../../../../src/network/compression/decode-limits.ts";
import { decodeStream } from "../../../../src/network/compression/decode-stream.ts";
import type { OriginCoding, OriginReply } from "../../../../src/report/workloads/network/origin-reply.ts";
import { OriginServer } from "../../../../src/report/workloads/network/origin-server.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each[Symbol.asyncDispose]();
});

async function get(reply: OriginReply, limits?: DecodeLimits): Promise<string> {
  const origin = await OriginServer.start({ reply });
  open.push(origin);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const sent = request(origin.url, { agent: false }, (response) => {
    buffer(decodeStream(response.headers["content-encoding"], response, limits)).then(
      (bytes) => resolve(bytes.toString()),
      reject,
    );
  });
  sent.on("error", reject).end();
  return promise;
}

const body = "one line of a log that repeats itself\n".repeat(5000);
const codings: OriginCoding[][] = [
  ["gzip"],
  ["deflate"],
  ["deflate-raw"],
  ["br"],
  ["zstd"],
  ["zstd", "gzip"],
];

describe.each(codings)("a response in %s", (...encode) => {
  it("comes across whole, at once or in drops", async () => {
    expect(await get({ body: body.slice(0, 1000), encode, trickle: { bytes: 30, everyMs: 0 } })).toBe(
      body.slice(0, 1000),
    );
    expect(await get({ body: body.slice(0, 10_000), encode, framing: "chunked" })).toBe(
      body.slice(0, 10_000),
    );
  });

  it("is an error when it is cut, however its end is marked", async () => {
    const cut = { body: body.slice(0, 1000), encode, cut: "body" } as const;
    await expect(get(cut)).rejects.toThrow();
    await expect(get({ ...cut, framing: "chunked" })).rejects.toThrow();
    // A connection that is closed looks like the end of such a body; only the coding knows better.
    await expect(get({ ...cut, framing: "close" })).rejects.toMatchObject({
      code: "VICTOR_BODY_DECODE",
      isTruncated: true,
    });
  });

  it("is given up when it is a bomb", async () => {
    await expect(get({ body: "0".repeat(500_000), encode }, { maxBytes: 100_000 })).rejects.toMatchObject({
      code: "VICTOR_BODY_TOO_LARGE",
    });
  });
});
