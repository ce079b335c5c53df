import { describe, expect, test } from "vitest";
import { NetworkOptimizer } from "../../../src/network/optimizer.ts";
import { redirectPolicy } from "../../../src/network/redirect.ts";
import { Transport } from "../../../src/network/transport/transport.ts";
import { httpServer } from "../../support/local-http.ts";

/** Leads from `/from` to `/to?a=1`, and says what it was asked. */
const leading = () =>
  httpServer((request, response) => {
    if (request.url!.startsWith("/from")) response.writeHead(302, { location: "/to?a=1" }).end();
    else response.end(request.url);
  });

describe("A redirect to a URL with a query", () => {
  test("is followed by request and by fetch", async () => {
    await using server = await leading();
    await using http = new NetworkOptimizer();
    const asked = await http.request("GET", `${server.origin}/from`, { params: { b: 2 } });
    expect(await asked.text()).toBe("/to?a=1");
    expect(await (await http.fetch(`${server.origin}/from?b=2`)).text()).toBe("/to?a=1");
  });

  test("is followed by the policy alone, also from a query of undici's options", async () => {
    await using server = await leading();
    await using transport = new Transport();
    const dispatcher = (await transport.dispatcher()).compose(redirectPolicy());
    const { request } = await import("undici");
    const { body } = await request(`${server.origin}/from`, { dispatcher, query: { b: 2 } });
    expect(await body.text()).toBe("/to?a=1");
  });
});
