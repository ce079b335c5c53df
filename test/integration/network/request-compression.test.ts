import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { NetworkOptimizer } from "../../../src/network/index.ts";
import { httpServer } from "../../support/local-servers.ts";

/** An origin that keeps what it is sent, and announces which codings it takes, if any. */
async function keeper(accepts: string | undefined) {
  const received: { coding: string | undefined; body: Buffer }[] = [];
  const server = await httpServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    received.push({ coding: request.headers["content-encoding"], body: Buffer.concat(chunks) });
    if (accepts !== undefined) response.setHeader("accept-encoding", accepts);
    response.statusCode = request.headers["content-encoding"] !== undefined && accepts === "" ? 415 : 200;
    response.end("ok");
  });
  return { received, server };
}

const json = { rows: Array.from({ length: 200 }, (_, row) => ({ row, text: "the same again" })) };
const plain = JSON.stringify(json);

describe("NetworkOptimizer encodes bodies", () => {
  test.each([
    ["gzip", gunzipSync],
    ["zstd, br", zstdDecompressSync],
  ])("where the origin has said that it takes %s", async (accepts, decode) => {
    const { received, server } = await keeper(accepts);
    await using _ = server;
    await using http = new NetworkOptimizer({ baseUrl: server.origin });
    for (let i = 0; i < 2; i++) expect((await http.request("POST", "/rows", { json })).status).toBe(200);
    const [first, second] = received;
    expect(first).toMatchObject({ coding: undefined });
    expect(first?.body.toString()).toBe(plain);
    expect(second?.coding).toBe(accepts.split(",")[0]);
    expect(decode(second?.body as Buffer).toString()).toBe(plain);
    expect(second?.body.length).toBeLessThan(plain.length / 10);
    expect(http.getStats().requestCompression).toMatchObject({ bodies: 1, refused: 0 });
  });

  test("nowhere else, and not with requestCompression: false", async () => {
    for (const [accepts, requestCompression] of [
      [undefined, {}],
      ["gzip", false],
    ] as const) {
      const { received, server } = await keeper(accepts);
      await using _ = server;
      await using http = new NetworkOptimizer({ baseUrl: server.origin, requestCompression });
      for (let i = 0; i < 2; i++) await (await http.request("POST", "/rows", { json })).text();
      expect(received.map(({ coding }) => coding)).toEqual([undefined, undefined]);
    }
  });

  test("and sends them plainly where that is refused", async () => {
    const { received, server } = await keeper("");
    await using _ = server;
    await using http = new NetworkOptimizer({
      baseUrl: server.origin,
      requestCompression: { origins: "all" },
    });
    for (let i = 0; i < 2; i++) expect((await http.request("POST", "/rows", { json })).status).toBe(200);
    expect(received.map(({ coding }) => coding)).toEqual(["gzip", undefined, undefined]);
    expect(http.getStats().requestCompression).toMatchObject({ refused: 1, refusingOrigins: 1 });
  });

  test("and hears of an abort while a large one is being encoded", async () => {
    const { received, server } = await keeper("gzip");
    await using _ = server;
    await using http = new NetworkOptimizer({ baseUrl: server.origin });
    await (await http.request("POST", "/rows", { json })).text();
    const reason = new Error("enough");
    const stop = new AbortController();
    const large = http.request("POST", "/rows", { body: plain.repeat(500), signal: stop.signal });
    stop.abort(reason);
    await expect(large).rejects.toBe(reason);
    await http.close();
    expect(received.length).toBe(1);
  });
});
