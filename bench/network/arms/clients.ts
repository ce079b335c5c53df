import got from "got";
import pRetry from "p-retry";
import { Agent, type Dispatcher, interceptors, request } from "undici";
import { type ContextualOptions, requestContext } from "../../../src/network/policy.ts";
import { HedgePolicy } from "../../../src/network/resilience/hedge-policy.ts";
import { OriginCircuits } from "../../../src/network/resilience/origin-circuits.ts";
import { OriginLimits } from "../../../src/network/resilience/origin-limits.ts";
import { RetryBudget } from "../../../src/network/resilience/retry-budget.ts";
import { RetryPolicy } from "../../../src/network/resilience/retry-policy.ts";

export interface ClientOptions {
  /** First wait before a retry, milliseconds, as far as a client lets one choose. */
  readonly baseDelayMs?: number;
  readonly maxDelayMs?: number;
  /** The whole call's time, milliseconds. */
  readonly timeoutMs?: number;
  readonly connections?: number;
  /** Tokens that our budget begins with, in place of its default. */
  readonly tokens?: number;
}

/** Gets a URL: its status and body, or an error. */
export type Get = (url: string) => Promise<{ readonly status: number; readonly body: string }>;

/** Node's own, before anything of undici's package is in its place. */
const globalFetch = globalThis.fetch;

const via =
  (dispatcher: Dispatcher, timeoutMs?: number): Get =>
  async (url) => {
    const options =
      timeoutMs === undefined ? { dispatcher } : { dispatcher, signal: AbortSignal.timeout(timeoutMs) };
    const { statusCode, body } = await request(url, options);
    return { status: statusCode, body: await body.text() };
  };

const byFetch = async (url: string, timeoutMs?: number) => {
  const response = await globalFetch(
    url,
    timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) },
  );
  return { status: response.status, body: await response.text() };
};

const agentOf = ({ connections = 256 }: ClientOptions): Agent => new Agent({ connections });

/** The number of retries is each client's own default. */
export const clients = {
  ours(options: ClientOptions): Get {
    const { baseDelayMs, maxDelayMs, timeoutMs, tokens } = options;
    const retry = new RetryPolicy({
      ...(tokens && { budget: new RetryBudget({ capacity: tokens, initialTokens: tokens }) }),
      ...(baseDelayMs && { baseDelayMs }),
      ...(maxDelayMs && { maxDelayMs }),
    });
    const dispatcher = agentOf(options).compose(retry.policy);
    return async (url) => {
      const { statusCode, body } = await request(url, {
        dispatcher,
        [requestContext]:
          timeoutMs === undefined ? {} : { deadline: performance.now() + timeoutMs, timeoutMs },
      } as ContextualOptions & { dispatcher: Dispatcher });
      return { status: statusCode, body: await body.text() };
    };
  },
  hedged(options: ClientOptions): Get {
    return via(agentOf(options).compose(new HedgePolicy().policy));
  },
  /** All policies, with nothing to do. */
  unused(options: ClientOptions): Get {
    const retry = new RetryPolicy();
    return via(
      agentOf(options).compose(
        new OriginLimits().policy,
        new OriginCircuits().policy,
        new HedgePolicy({ budget: retry.budget }).policy,
        retry.policy,
      ),
    );
  },
  undici: (options: ClientOptions): Get => via(agentOf(options), options.timeoutMs),
  undiciRetry(options: ClientOptions): Get {
    const { baseDelayMs: minTimeout = 500, maxDelayMs: maxTimeout = 30_000, timeoutMs } = options;
    return via(agentOf(options).compose(interceptors.retry({ minTimeout, maxTimeout })), timeoutMs);
  },
  got({ maxDelayMs, timeoutMs }: ClientOptions): Get {
    const client = got.extend({
      throwHttpErrors: false,
      retry: maxDelayMs === undefined ? {} : { backoffLimit: maxDelayMs },
      timeout: timeoutMs === undefined ? {} : { request: timeoutMs },
    });
    return async (url) => {
      const response = await client.get(url);
      return { status: response.statusCode, body: response.body };
    };
  },
  pRetry({ baseDelayMs: minTimeout = 1000, maxDelayMs: maxTimeout = 30_000, timeoutMs }: ClientOptions): Get {
    return (url) =>
      pRetry(
        async () => {
          const response = await byFetch(url);
          if (response.status >= 500) throw new TypeError("fetch failed");
          return response;
        },
        timeoutMs === undefined
          ? { minTimeout, maxTimeout }
          : { minTimeout, maxTimeout, maxRetryTime: timeoutMs, signal: AbortSignal.timeout(timeoutMs) },
      );
  },
  /** What one does about slow answers without a library: give up early and ask again. */
  fetchAgain: (): Get => (url) => pRetry(() => byFetch(url, 30), { minTimeout: 0, shouldRetry: () => true }),
  fetch:
    ({ timeoutMs }: ClientOptions): Get =>
    (url) =>
      byFetch(url, timeoutMs),
} satisfies Record<string, (options: ClientOptions) => Get>;

export type ClientName = keyof typeof clients;
