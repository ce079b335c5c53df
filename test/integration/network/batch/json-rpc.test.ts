import { afterEach, describe, expect, it } from "vitest";
import { createBatcher } from "../../../../src/network/batch/batcher.ts";
import type { BatcherOptions } from "../../../../src/network/batch/batcher-options.ts";
import type { SenderOptions } from "../../../../src/network/batch/json-post.ts";
import { type JsonRpcCall, jsonRpcKey, jsonRpcSender } from "../../../../src/network/batch/json-rpc.ts";
import { type OriginRequest, OriginServer } from "../../../../src/report/workloads/network/origin-server.ts";
import { fetchRequest, jsonOrigin, sentTo } from "../../../support/batch-origin.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

interface Sent {
  readonly id?: number;
  readonly method: string;
  readonly params?: readonly number[];
}

function batcherOf(
  origin: OriginServer,
  sender: Partial<SenderOptions> = {},
  batching: Partial<BatcherOptions<JsonRpcCall, unknown>> = {},
) {
  open.push(origin);
  const send = jsonRpcSender({ request: fetchRequest, url: `${origin.url}/rpc?key=secret`, ...sender });
  return createBatcher<JsonRpcCall, unknown>({ send, cacheKey: jsonRpcKey, ...batching });
}
const setUp = async (
  answer: (json: unknown, request: OriginRequest) => unknown,
  sender?: Partial<SenderOptions>,
  batching?: Partial<BatcherOptions<JsonRpcCall, unknown>>,
) => {
  const origin = await jsonOrigin(answer);
  return { origin, rpc: batcherOf(origin, sender, batching) };
};

const double = ({ id, params = [] }: Sent) => ({ jsonrpc: "2.0", id, result: params.map((x) => 2 * x) });
const calls = (count: number): JsonRpcCall[] =>
  Array.from({ length: count }, (_, i) => ({ method: "double", params: [i] }));

describe("a batcher that speaks JSON-RPC", () => {
  it("makes one request of many calls, and sorts answers in any order", async () => {
    const { origin, rpc } = await setUp((all) => (all as Sent[]).map(double).reverse());
    const results = await rpc.loadMany([...calls(20), ...calls(5)]);
    expect(results).toEqual(
      [...calls(20), ...calls(5)].map(({ params }) => (params as number[]).map((x) => 2 * x)),
    );
    expect(origin.stats().requests).toBe(1);
    const [sent] = sentTo(origin) as [Sent[]];
    expect(sent.length).toBe(20);
    expect(sent[0]).toEqual({ jsonrpc: "2.0", method: "double", params: [0], id: 1 });
    expect(origin.received[0]!.headers).toMatchObject({
      "content-type": "application/json",
      accept: "application/json",
    });
  });

  it("takes an error for one beside a result of null, as servers after JSON-RPC 1.0 send it", async () => {
    const { rpc } = await setUp((all) =>
      (all as Sent[]).map(({ id }) =>
        id === 1
          ? { id, result: null, error: { code: -8, message: "no such block" } }
          : { id, result: 7, error: null },
      ),
    );
    expect(await rpc.loadMany(calls(2))).toEqual([
      expect.objectContaining({ code: "VICTOR_JSON_RPC", message: expect.stringContaining("no such block") }),
      7,
    ]);
  });

  it("sends one call without an array, and uses no id twice", async () => {
    const { origin, rpc } = await setUp((one) => double(one as Sent));
    expect(await rpc.load({ method: "double", params: [4] })).toEqual([8]);
    expect(await rpc.load({ method: "double", params: [4] })).toEqual([8]);
    expect((sentTo(origin) as Sent[]).map(({ id }) => id)).toEqual([1, 2]);
  });

  it("sends notifications without ids, and waits for no answer to them", async () => {
    const { origin, rpc } = await setUp((sent) =>
      Array.isArray(sent) && sent.some(({ id }) => id !== undefined)
        ? sent.filter(({ id }) => id !== undefined).map(double)
        : undefined,
    );
    const note = { method: "log", notification: true };
    expect(await rpc.loadMany([note, { method: "double", params: [1] }])).toEqual([undefined, [2]]);
    expect(await rpc.load(note)).toBe(undefined);
    expect(sentTo(origin)[1]).toEqual({ jsonrpc: "2.0", method: "log" });
  });

  it("fails the calls that the server has an error for, or no answer, or two, and no others", async () => {
    const { rpc } = await setUp((all) => {
      const [a, b, , d] = all as [Sent, Sent, Sent, Sent];
      const error = { code: -32601, message: "no such method", data: { method: "x" } };
      return [double(a), { id: b.id, error }, double(d), double(d), { id: 999, result: 1 }, "nonsense", null];
    });
    const [a, b, c, d] = await rpc.loadMany(calls(4));
    expect(a).toEqual([0]);
    expect(b).toMatchObject({ code: "VICTOR_JSON_RPC", rpcCode: -32601, data: { method: "x" } });
    expect(c).toMatchObject({
      code: "VICTOR_BATCH_ANSWER",
      message: expect.stringContaining("no answer with id 3"),
    });
    expect(d).toMatchObject({
      code: "VICTOR_BATCH_ANSWER",
      message: expect.stringContaining("more than one"),
    });
    expect((c as Error).message).not.toContain("secret");
  });

  it("fails all calls when there is one error for the whole batch", async () => {
    const { rpc } = await setUp(() => ({
      jsonrpc: "2.0",
      id: null,
      error: { code: -32600, message: "too many" },
    }));
    for (const error of await rpc.loadMany(calls(3)))
      expect(error).toMatchObject({ code: "VICTOR_JSON_RPC", rpcCode: -32600 });
    expect(rpc.stats().failedBatches).toBe(1);
  });

  it.each([
    ["no JSON", { status: 502, body: "<html>" }],
    ["an error page of JSON", { status: 500, body: '{"message":"oops"}' }],
    ["nothing", { status: 200, body: "" }],
    ["a number", { status: 200, body: "5" }],
  ])("fails all calls when %s comes back", async (_what, reply) => {
    const rpc = batcherOf(await OriginServer.start({ reply }));
    for (const error of await rpc.loadMany(calls(2)))
      expect(error).toMatchObject({
        code: "VICTOR_BATCH_ANSWER",
        message: expect.stringContaining(String(reply.status)),
      });
  });

  it("fails all calls, and never just some, when the answer is cut", async () => {
    const rpc = batcherOf(await OriginServer.start({ reply: { cut: "body", body: "[]".padEnd(100) } }));
    for (const error of await rpc.loadMany(calls(2))) expect(error).toBeInstanceOf(Error);
  });

  it("splits a batch that is too long, and fails a call that is", async () => {
    const { origin, rpc } = await setUp((sent) => [sent].flat().map((one) => double(one as Sent)), {
      maxRequestBytes: 200,
    });
    const long: JsonRpcCall = { method: "long", params: [...Array(100).keys()] };
    const results = await rpc.loadMany([...calls(6), long]);
    expect(results.slice(0, 6)).toEqual(calls(6).map(({ params }) => (params as number[]).map((x) => 2 * x)));
    expect(results[6]).toBeInstanceOf(RangeError);
    expect(origin.stats().requests).toBe(2);
    for (const { body } of origin.received) expect(body.length).toBeLessThanOrEqual(200);
  });

  it("fails a call that is no JSON alone", async () => {
    const { rpc } = await setUp((one) => double(one as Sent), {}, { cacheKey: false });
    const [fine, bigint] = await rpc.loadMany([
      { method: "a", params: [1] },
      { method: "b", params: [1n] },
    ]);
    expect(fine).toEqual([2]);
    expect(bigint).toBeInstanceOf(TypeError);
  });

  it("aborts the request when its time is over", async () => {
    const origin = await OriginServer.start({ reply: { cut: "start", cutBy: "stall" } });
    const rpc = batcherOf(origin, {}, { timeoutMs: 30 });
    await expect(rpc.load({ method: "a" })).rejects.toMatchObject({ code: "VICTOR_DEADLINE" });
    await rpc.close();
  });

  it.each([
    [{ request: 5 }, "request: expected a function, got 5"],
    [{ url: 5 }, "url: expected a string, got 5"],
    [{ headers: 5 }, "headers: expected an object of options, got 5"],
    [{ maxRequestBytes: 0 }, "maxRequestBytes: expected an integer ≥ 1, got 0"],
    [{ uri: 5 }, 'jsonRpcSender: unknown option "uri"'],
  ])("checks its options: %j", (options, message) => {
    const all = { request: fetchRequest, url: "http://localhost", ...options } as SenderOptions;
    expect(() => jsonRpcSender(all)).toThrow(message);
  });
});
