import { request as httpRequest, type IncomingMessage } from "node:http";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { request as httpsRequest } from "node:https";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { OriginProcess } from "../../../src/report/workloads/network/origin-process.ts";
import { type OriginReply, withReply } from "../../../src/report/workloads/network/origin-reply.ts";
import {
  type OriginOptions,
  OriginServer,
  type Respond,
} from "../../../src/report/workloads/network/origin-server.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each[Symbol.asyncDispose]();
});

async function start(options?: OriginOptions, respond?: Respond): Promise<OriginServer> {
  const origin = await OriginServer.start(options, respond);
  open.push(origin);
  return origin;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** Rejects when the answer breaks off. */
function get(url: string, ca = "", body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = url.startsWith("https:") ? httpsRequest : httpRequest;
    const sent = call(
      url,
      { agent: false, method: body === undefined ? "GET" : "POST", ...(ca === "" ? {} : { ca }) },
      (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part) => parts.push(part));
        response.on("error", reject);
        response.on("end", () =>
          resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) }),
        );
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

const ask = (origin: OriginServer, reply: OriginReply) => get(withReply(`${origin.url}/a`, reply), origin.ca);

describe.each(["h1", "h1-tls"] as const)("a faulty origin that speaks %s", (protocol) => {
  it("answers with what the URL asks for, and counts it", async () => {
    const origin = await start({ protocol });
    const answer = await ask(origin, {
      status: 404,
      body: "gone",
      headers: { "x-a": "1" },
      encode: ["gzip"],
    });
    expect([answer.status, answer.headers["x-a"], answer.headers["content-encoding"]]).toEqual([
      404,
      "1",
      "gzip",
    ]);
    expect(gunzipSync(answer.body).toString()).toBe("gone");
    expect(origin.stats()).toMatchObject({ requests: 1, connections: 1, faults: 0 });
    expect(origin.received[0]?.method).toBe("GET");
  });

  it.each([
    { cut: "start" },
    { cut: "head" },
    { cut: "body", body: "0123456789" },
    { cut: "body", framing: "chunked", body: "0123456789" },
    { lengthOff: 3 },
  ] satisfies OriginReply[])("breaks off as told: %j", async (reply) => {
    const origin = await start({ protocol });
    await expect(ask(origin, reply)).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(await ask(origin, {})).toMatchObject({ status: 200 });
  });

  it.each([
    { framing: "chunked" },
    { framing: "close" },
    { trickle: { bytes: 7, everyMs: 1 } },
    { trickle: { bytes: 7, everyMs: 1 }, framing: "chunked" },
    { last: true },
  ] satisfies OriginReply[])("gets a whole body across: %j", async (reply) => {
    const origin = await start({ protocol });
    expect((await ask(origin, { ...reply, body: "0123456789" })).body.toString()).toBe("0123456789");
  });

  it("makes up a long body", async () => {
    const origin = await start({ protocol });
    expect((await ask(origin, { bodyBytes: 1_000_001 })).body.length).toBe(1_000_001);
  });
});

describe("a faulty origin that speaks h2", () => {
  const h2 = (session: ClientHttp2Session, target: string): Promise<[number, string]> =>
    new Promise((resolve, reject) => {
      const stream = session.request({ ":path": target });
      let status = 0;
      let body = "";
      stream.on("response", (headers) => {
        status = Number(headers[":status"]);
      });
      stream.setEncoding("utf8").on("data", (part) => {
        body += part;
      });
      stream.on("error", reject);
      stream.on("close", () => resolve([status, body]));
      stream.end();
    });
  const targetOf = (origin: OriginServer, reply: OriginReply) =>
    withReply(origin.url, reply).slice(origin.url.length);

  it("resets one stream and leaves the others alone", async () => {
    const origin = await start({ protocol: "h2" });
    const session = connectHttp2(origin.url, { ca: origin.ca });
    const cut = h2(session, targetOf(origin, { cut: "body", cutBy: "stream", body: "0123456789" }));
    const whole = h2(session, targetOf(origin, { body: "0123456789", delayMs: 5 }));
    await expect(cut).rejects.toMatchObject({ code: "ERR_HTTP2_STREAM_ERROR" });
    expect(await whole).toEqual([200, "0123456789"]);
    expect(origin.stats()).toMatchObject({ requests: 2, connections: 1 });
    session.close();
  });

  it("says GOAWAY after the answer that is to be the last", async () => {
    const origin = await start({ protocol: "h2-only" });
    const session = connectHttp2(origin.url, { ca: origin.ca });
    const goneAway = new Promise((resolve) => session.on("goaway", resolve));
    expect(await h2(session, targetOf(origin, { last: true }))).toEqual([200, "ok"]);
    await goneAway;
    session.close();
  });
});

describe("faults by chance", () => {
  it("come at the rate asked for, and the same ones for the same requests in any order", async () => {
    const faults = { seed: 7, failureRate: 0.22, failures: [{ status: 503 }] };
    const statuses = async (order: readonly number[]): Promise<(number | undefined)[]> => {
      const origin = await start({ faults });
      const all: (number | undefined)[] = [];
      for (const i of order) all[i] = (await get(`${origin.url}/item/${i}`)).status;
      return all;
    };
    const upwards = Array.from({ length: 400 }, (_, i) => i);
    const first = await statuses(upwards);
    expect(await statuses(upwards.toReversed())).toEqual(first);
    const failed = first.filter((status) => status === 503).length;
    // 88 expected; 4 standard deviations are 33.
    expect(failed).toBeGreaterThan(55);
    expect(failed).toBeLessThan(121);
  });
});

describe("an origin in a process of its own", () => {
  it("answers, counts, and goes", async () => {
    const origin = await OriginProcess.start({ protocol: "h1-tls", reply: { echo: true } });
    open.push(origin);
    expect((await get(`${origin.url}/`, origin.ca, "hello")).body.toString()).toBe("hello");
    expect(await origin.stats()).toMatchObject({ requests: 1, receivedBytes: 5 });
    expect(await origin.reset()).toMatchObject({ requests: 0 });
    await origin.close();
    await expect(get(`${origin.url}/`, origin.ca)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});
