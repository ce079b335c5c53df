import { afterEach, describe, expect, it } from "vitest";
import { createBatcher } from "../../../../src/network/batch/batcher.ts";
import { type GraphqlOperation, graphqlKey, graphqlSender } from "../../../../src/network/batch/graphql.ts";
import { fetchRequest, jsonOrigin, sentTo } from "../../../support/batch-origin.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

async function setUp(answer: (json: unknown) => unknown) {
  const origin = await jsonOrigin(answer);
  open.push(origin);
  const send = graphqlSender({ request: fetchRequest, url: origin.url, headers: { "x-token": "t" } });
  return { origin, graphql: createBatcher({ send, cacheKey: graphqlKey }) };
}
const user = (id: number): GraphqlOperation => ({
  query: "query User($id: ID!) { user(id: $id) { name } }",
  variables: { id },
});
const resultOf = ({ variables }: GraphqlOperation) => ({ data: { user: { name: `user ${variables?.id}` } } });

describe("a batcher that speaks GraphQL", () => {
  it("makes one request of many operations, equal ones sent once", async () => {
    const { origin, graphql } = await setUp((all) => (all as GraphqlOperation[]).map(resultOf));
    const operations = [user(1), user(2), user(1)];
    expect(await graphql.loadMany(operations)).toEqual(operations.map(resultOf));
    expect(sentTo(origin)).toEqual([[user(1), user(2)]]);
    expect(origin.received[0]!.headers).toMatchObject({ "x-token": "t", "content-type": "application/json" });
  });

  it("sends one operation without an array", async () => {
    const { origin, graphql } = await setUp((one) => resultOf(one as GraphqlOperation));
    expect(await graphql.load(user(7))).toEqual(resultOf(user(7)));
    expect(sentTo(origin)).toEqual([user(7)]);
  });

  it("fails an operation that has errors and no data, and gives what has both", async () => {
    const error = { message: "no such user" };
    const { graphql } = await setUp(() => [
      { errors: [error] },
      { data: { user: null }, errors: [error] },
      { data: null, errors: [error, error] },
      { nothing: true },
      5,
    ]);
    const [a, b, c, d, e] = await graphql.loadMany([1, 2, 3, 4, 5].map(user));
    expect(a).toMatchObject({ code: "VICTOR_GRAPHQL", errors: [error], message: "GraphQL: no such user" });
    expect(b).toEqual({ data: { user: null }, errors: [error] });
    expect(c).toMatchObject({ code: "VICTOR_GRAPHQL", message: "GraphQL: no such user (and 1 more)" });
    expect(d).toMatchObject({ code: "VICTOR_BATCH_ANSWER" });
    expect(e).toMatchObject({ code: "VICTOR_BATCH_ANSWER" });
  });

  it("fails all operations when the server takes no batches, or answers another number", async () => {
    const refusing = await setUp(() => ({ errors: [{ message: "Operation batching disabled." }] }));
    for (const error of await refusing.graphql.loadMany([user(1), user(2)]))
      expect(error).toMatchObject({
        code: "VICTOR_GRAPHQL",
        message: "GraphQL: Operation batching disabled.",
      });
    const odd = await setUp(() => ({ data: {} }));
    for (const error of await odd.graphql.loadMany([user(1), user(2)]))
      expect(error).toMatchObject({
        code: "VICTOR_BATCH_ANSWER",
        message: expect.stringContaining("does it take batches?"),
      });
    const short = await setUp(() => [{ data: {} }]);
    for (const error of await short.graphql.loadMany([user(1), user(2)]))
      expect(error).toMatchObject({
        code: "VICTOR_BATCH_ANSWER",
        message: expect.stringContaining("1 results for 2"),
      });
  });
});
