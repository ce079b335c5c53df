import type { Dispatcher } from "undici";
import type { MetricSample } from "../metrics/metric.ts";
import type { ResolvedNetworkOptions } from "./optimizer-options.ts";
import type { Dispatch } from "./policy.ts";
import { redirectPolicy } from "./redirect.ts";
import type { RequestHeaders } from "./request-headers.ts";
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
  stats(): object;
  collect(): Iterable<MetricSample>;
  close(): Promise<void>;
}

export function networkParts(
  options: ResolvedNetworkOptions,
  isSecret: (name: string) => boolean,
): NetworkParts {
  let agent: Dispatcher | undefined;
  const open = async (): Promise<Dispatcher> => {
    const { Agent } = await import("undici");
    agent ??= new Agent({ connections: options.connectionPoolSize });
    return agent;
  };
  const transport: Dispatch = (request, handler) => {
    if (agent !== undefined) return agent.dispatch(request, handler);
    void open().then((opened) => opened.dispatch(request, handler));
    return true;
  };
  const redirects = options.redirects && redirectPolicy({ ...options.redirects, isSecret });
  return {
    dispatch: redirects ? redirects(transport) : transport,
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
    stats: () => ({}),
    collect: () => [],
    close: async () => agent?.close(),
  };
}
