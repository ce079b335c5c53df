import { BatchAnswerError, GraphqlError } from "../../errors.ts";
import type { BatcherOptions } from "./batcher-options.ts";
import { isObject, JsonPost, jsonOf, type SenderOptions } from "./json-post.ts";

/** A key of a batcher that speaks GraphQL. */
export interface GraphqlOperation {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** What the server says of one operation. */
export interface GraphqlResult {
  readonly data: unknown;
  /** Of fields; `data` has the others. */
  readonly errors?: readonly unknown[];
  readonly extensions?: unknown;
}

/** Makes the same operations one: for `cacheKey`, where all are queries. */
export const graphqlKey = ({ query, variables, operationName, extensions }: GraphqlOperation): string =>
  JSON.stringify([query, variables, operationName, extensions]);

/**
 * A `send` that puts a batch of operations into one HTTP request, as an array, for servers that take one (Apollo Server,
 * GraphQL Yoga, Hot Chocolate and others, mostly by an option). They may run them side by side, so that mutations that
 * depend on each other don't belong in one batch.
 *
 * An operation fails with {@link GraphqlError} when it has errors and no data; all do when the server has an error for the
 * whole batch. {@link BatchAnswerError} says that there isn't one result for each.
 * @throws {TypeError} @throws {RangeError} for options that make no sense
 */
export function graphqlSender(
  options: SenderOptions,
): BatcherOptions<GraphqlOperation, GraphqlResult>["send"] {
  const accept = "application/graphql-response+json, application/json;q=0.9";
  const post = new JsonPost("graphqlSender", accept, options);
  return (operations, context) => {
    const texts = operations.map(({ query, variables, operationName, extensions }) =>
      jsonOf({ query, variables, operationName, extensions }),
    );
    return post.send<GraphqlResult>(texts, context, (json, places, status) =>
      read(post.name, json, places.length, status),
    );
  };
}

function read(name: string, json: unknown, count: number, status: number): (GraphqlResult | Error)[] {
  const results = Array.isArray(json) ? json : [json];
  if (count > 1 && !Array.isArray(json)) {
    if (isObject(json) && Array.isArray(json.errors)) throw new GraphqlError(json.errors);
    throw new BatchAnswerError(name, `no array came back; does it take batches? (status ${status})`);
  }
  if (results.length !== count)
    throw new BatchAnswerError(name, `${results.length} results for ${count} operations (status ${status})`);
  return results.map((result) => {
    if (!isObject(result)) return new BatchAnswerError(name, `a result that is no object (status ${status})`);
    const { data, errors } = result;
    if (Array.isArray(errors) && errors.length > 0 && (data ?? null) === null)
      return new GraphqlError(errors);
    if (data === undefined) return new BatchAnswerError(name, `a result without data (status ${status})`);
    return result as unknown as GraphqlResult;
  });
}
