import type { Dispatcher } from "undici";
import type { MetricSample } from "../metrics/metric.ts";
import type { ResolvedNetworkOptions } from "./optimizer-options.ts";
import type { Dispatch, NetworkPolicy } from "./policy.ts";
import { redirectPolicy } from "./redirect.ts";
import type { RequestHeaders } from "./request-headers.ts";
import type { HedgeStats } from "./resilience/hedge-call.ts";
import { HedgePolicy } from "./resilience/hedge-policy.ts";
import { OriginCircuits, type OriginCircuitsStats } from "./resilience/origin-circuits.ts";
import { OriginLimits, type OriginLimitsStats } from "./resilience/origin-limits.ts";
import type { RetryStats } from "./resilience/retry-counts.ts";
import { RetryPolicy } from "./resilience/retry-policy.ts";
import type { DecodedSlot, ResponseHeaders } from "./response.ts";
import type { BodyDecoder } from "./response-body.ts";

/** A stored response that is fresh. @internal */
export interface StoredResponse extends DecodedSlot {
  readonly status: number;
  readonly statusText?: string | undefined;
  readonly headers: ResponseHeaders;
  readonly body: Uint8Array;
}

/** @internal */
export interface NetworkParts {
  /** All policies over the transport. */
  readonly dispatch: Dispatch;
  readonly decoder: BodyDecoder;
  /** `Accept-Encoding` of requests that name none. */
  readonly acceptEncoding: string | undefined;
  lookup(method: string, url: string, headers: RequestHeaders): StoredResponse | undefined;
  /** undici's own dispatcher, below all policies. */
  dispatcher(): Promise<Dispatcher>;
  stats(): PartsStats;
  collect(): Iterable<MetricSample>;
  close(): Promise<void>;
}

/** What a part that is on says of itself. */
interface Part {
  stats(): object;
  collect(): Iterable<MetricSample>;
}

/** Figures of the parts that are on. */
export interface PartsStats {
  readonly retry?: RetryStats;
  readonly hedge?: HedgeStats;
  readonly circuit?: OriginCircuitsStats;
  readonly limit?: OriginLimitsStats;
}

/**
 * Puts the parts together, from the outside: redirects, cache, retries, hedging, circuits, limits, connections. What is switched off
 * isn't there. @internal
 */
export function networkParts(
  options: ResolvedNetworkOptions,
  isSecret: (name: string) => boolean,
): NetworkParts {
  const { clock } = options;
  const parts = new Map<keyof PartsStats, Part>();
  let agent: Dispatcher | undefined;
  const open = async (): Promise<Dispatcher> => {
    const { Agent } = await import("undici");
    agent ??= new Agent({ connections: options.connectionPoolSize });
    return agent;
  };
  let dispatch: Dispatch = (request, handler) => {
    if (agent !== undefined) return agent.dispatch(request, handler);
    void open().then((opened) => opened.dispatch(request, handler));
    return true;
  };
  const put = (name: keyof PartsStats, part: Part & { readonly policy: NetworkPolicy }): void => {
    parts.set(name, part);
    dispatch = part.policy(dispatch);
  };
  const retry = options.retry && new RetryPolicy({ ...options.retry, clock });
  if (options.limit) put("limit", new OriginLimits({ ...options.limit, clock }));
  if (options.circuit) put("circuit", new OriginCircuits({ ...options.circuit, clock }));
  if (options.hedge) {
    const budget = options.hedge.budget ?? (retry ? retry.budget : undefined);
    put("hedge", new HedgePolicy({ ...options.hedge, budget, clock }));
  }
  if (retry) put("retry", retry);
  if (options.redirects) dispatch = redirectPolicy({ ...options.redirects, isSecret })(dispatch);
  return {
    dispatch,
    decoder: {
      whole() {
        throw new Error("none");
      },
      pieces() {
        throw new Error("none");
      },
    },
    acceptEncoding: undefined,
    lookup: () => undefined,
    dispatcher: open,
    stats: () => Object.fromEntries(Array.from(parts, ([name, part]) => [name, part.stats()])),
    *collect() {
      for (const part of parts.values()) yield* part.collect();
    },
    close: async () => agent?.close(),
  };
}
