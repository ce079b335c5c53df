import { describe, expect, test } from "vitest";
import { createBatcher } from "../../../src/network/batch/batcher.ts";
import { jsonRpcSender } from "../../../src/network/batch/json-rpc.ts";
import { NetworkOptimizer } from "../../../src/network/optimizer.ts";
import { httpServer } from "../../support/local-http.ts";

/** Says what it was asked. */
const echo = () =>
  httpServer((request, response) => {
    response.end(JSON.stringify({ url: request.url, headers: request.headers }));
  });

interface Echo {
  readonly url: string;
  readonly headers: Record<string, string>;
}

describe("Defaults", () => {
  test("may be given to the constructor, outlast an initialize without any, and are replaced by its own", async () => {
    await using server = await echo();
    await using http = new NetworkOptimizer({ baseUrl: `${server.origin}/v1`, headers: { "x-a": "1" } });
    const sent = async () => (await http.request("GET", "x")).json<Echo>();
    expect(await sent()).toMatchObject({ url: "/v1/x", headers: { "x-a": "1" } });
    await http.initialize();
    expect(await sent()).toMatchObject({ url: "/v1/x", headers: { "x-a": "1" } });
    await http.initialize({ baseUrl: `${server.origin}/v2` });
    const replaced = await sent();
    expect(replaced.url).toBe("/v2/x");
    expect(replaced.headers).not.toHaveProperty("x-a");
  });

  test("are checked by the constructor as by initialize", () => {
    expect(() => new NetworkOptimizer({ baseUrl: "ftp://a" })).toThrow(/^baseUrl/);
    expect(() => new NetworkOptimizer({ headers: { "a b": "c" } })).toThrow(/^headers/);
    expect(() => new NetworkOptimizer({ headers: { authorization: "secret" } })).toThrow(/authorization/);
  });

  test("among the headers are left out where a request says undefined", async () => {
    await using server = await echo();
    const headers = { "x-q": "1", "x-r": "2" };
    await using http = new NetworkOptimizer({ baseUrl: server.origin, headers });
    const response = await http.request("GET", "/", {
      headers: { "X-Q": undefined, "x-r": "3", "accept-encoding": undefined },
    });
    const sent = (await response.json<Echo>()).headers;
    expect(sent).toMatchObject({ "x-r": "3" });
    expect(sent).not.toHaveProperty("x-q");
    expect(sent).not.toHaveProperty("accept-encoding");
  });
});

describe("Conveniences", () => {
  test("a batch takes URLs, and names what is none by its place", async () => {
    await using server = await echo();
    await using http = new NetworkOptimizer({ baseUrl: server.origin });
    const results = await http.batchRequests(["/a", new URL(`${server.origin}/b`), { url: "/c" }]);
    const urls = await Promise.all(
      results.map(async (each) => each.status === "fulfilled" && (await each.value.json<Echo>()).url),
    );
    expect(urls).toEqual(["/a", "/b", "/c"]);
    for (const wrong of [7, null, {}, { url: 7 }])
      await expect(http.batchRequests(["/a", wrong as never])).rejects.toThrow(/^requests\[1\]: /);
  });

  test("request may be handed on alone", async () => {
    await using server = await httpServer((_, response) => {
      response.end('{"jsonrpc":"2.0","id":1,"result":7}');
    });
    await using http = new NetworkOptimizer();
    const { request } = http;
    expect((await request("GET", server.origin)).status).toBe(200);
    const rpc = createBatcher({ send: jsonRpcSender({ request: http.request, url: server.origin }) });
    expect(await rpc.load({ method: "seven" })).toBe(7);
  });

  test("arrayBuffer is the body's bytes and no more", async () => {
    await using server = await httpServer((_, response) => void response.end("bytes"));
    await using http = new NetworkOptimizer();
    const buffer = await (await http.request("GET", server.origin)).arrayBuffer();
    expect(buffer).toBeInstanceOf(ArrayBuffer);
    expect(Buffer.from(buffer).toString()).toBe("bytes");
  });
});
