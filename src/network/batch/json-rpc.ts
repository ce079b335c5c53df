import { BatchAnswerError, JsonRpcError } from "../../errors.ts";
import type { BatcherOptions } from "./batcher-options.ts";
import { isObject, JsonPost, jsonOf, type SenderOptions } from "./json-post.ts";

/** A key of a batcher that speaks JSON-RPC. */
export interface JsonRpcCall {
  readonly method: string;
  readonly params?: readonly unknown[] | Readonly<Record<string, unknown>>;
  /** `true` sends it without an id: nothing is answered, and `undefined` comes as soon as the server has taken it. @default false */
  readonly notification?: boolean;
}

/** Makes the same calls one: for `cacheKey`, where all methods only read. */
export const jsonRpcKey = ({ method, params, notification }: JsonRpcCall): string =>
  JSON.stringify([method, params, notification === true]);

/**
 * A `send` that puts a batch of calls into one HTTP request, by JSON-RPC 2.0. Answers may come in any order.
 *
 * ```ts
 * const rpc = createBatcher({ send: jsonRpcSender({ request, url }), maxBatchSize: 50 });
 * const [height, balance] = await Promise.all([rpc.load({ method: "height" }), rpc.load({ method: "balance", params: [account] })]);
 * ```
 * A call fails with {@link JsonRpcError} when the server says so, for it or for the whole batch, and with
 * {@link BatchAnswerError} when it has no answer, or more than one.
 * @throws {TypeError} @throws {RangeError} for options that make no sense
 * @see https://www.jsonrpc.org/specification
 */
export function jsonRpcSender(options: SenderOptions): BatcherOptions<JsonRpcCall, unknown>["send"] {
  const post = new JsonPost("jsonRpcSender", "application/json", options);
  let lastId = 0;
  return (calls, context) => {
    const ids = calls.map((call) => (call.notification === true ? undefined : ++lastId));
    const texts = calls.map(({ method, params }, i) =>
      // JSON leaves out what is undefined.
      jsonOf({ jsonrpc: "2.0", method, params, id: ids[i] }),
    );
    return post.send<unknown>(texts, context, (json, places, status) => {
      const asked = places.map((place) => ids[place]);
      return read(post.name, json, asked, status);
    });
  };
}

function read(
  name: string,
  json: unknown,
  ids: readonly (number | undefined)[],
  status: number,
): (unknown | Error)[] {
  const isExpected = ids.some((id) => id !== undefined);
  const isSuccess = status >= 200 && status < 300;
  if (json === undefined && isSuccess && !isExpected) return ids.map(() => undefined);
  const answers = Array.isArray(json) ? json : [json];
  // One error that belongs to no call is about the whole batch.
  const [first] = answers;
  const general = answers.length === 1 && isObject(first) && (first.id ?? null) === null;
  if (general && isObject(first.error)) throw errorOf(first.error);
  if (!isSuccess && !answers.some(isAnswer)) throw new BatchAnswerError(name, `status ${status}`);
  const byId = new Map<unknown, unknown>();
  const twice = new Set<unknown>();
  for (const answer of answers) {
    if (!isAnswer(answer)) continue;
    if (byId.has(answer.id)) twice.add(answer.id);
    // JSON-RPC 1.0 and servers after its manner name both, and one of them is null.
    byId.set(answer.id, isObject(answer.error) ? errorOf(answer.error) : answer.result);
  }
  return ids.map((id) => {
    if (id === undefined) return undefined;
    if (twice.has(id)) return new BatchAnswerError(name, `more than one answer with id ${id}`);
    if (!byId.has(id)) return new BatchAnswerError(name, `no answer with id ${id} (status ${status})`);
    return byId.get(id);
  });
}

const isAnswer = (value: unknown): value is Record<string, unknown> =>
  isObject(value) && ("result" in value || isObject(value.error));

function errorOf(error: unknown): JsonRpcError {
  const { code, message, data } = error as Record<string, unknown>;
  return new JsonRpcError(typeof code === "number" ? code : 0, String(message ?? "no message"), data);
}
