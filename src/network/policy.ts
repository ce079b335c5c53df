import type { Dispatcher } from "undici";

/** Sends a request; what comes back goes to the handler. @see https://undici.nodejs.org/#/docs/api/Dispatcher */
export type Dispatch = Dispatcher["dispatch"];

/** Changes how requests are sent. Composes like undici's interceptors, and can be handed to `compose` of any dispatcher. */
export type NetworkPolicy = (dispatch: Dispatch) => Dispatch;

/** Under this key a dispatch's options carry what undici's own have no place for. */
export const requestContext: unique symbol = Symbol.for("victor-optimizations.request-context") as never;

/** What the policies of one call have in common. All of it is optional: a bare dispatch has none. */
export interface RequestContext {
  /** Absolute, in milliseconds of the clock in use: no policy waits or starts an attempt beyond it. @default Infinity */
  readonly deadline?: number | undefined;
  /** The whole call's time as its caller gave it, in milliseconds; for messages. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Further attempts after the first, instead of the policy's own. */
  readonly maxRetries?: number | undefined;
  /** Whether the request may be sent twice. @default by its method (RFC 9110, 9.2.2) */
  readonly idempotent?: boolean | undefined;
  /** `false` keeps the response cache out of this call. @default true */
  readonly useCache?: boolean | undefined;
  /** A fresh body for each further attempt; without it, a stream is never sent twice. */
  readonly makeBody?: (() => Dispatcher.DispatchOptions["body"]) | undefined;
  /**
   * True when whoever began the call ends it himself, by the controller, at its deadline and when its signal aborts: then no
   * policy needs a timer or a listener for that.
   */
  readonly bounded?: boolean | undefined;
  /** `false` hands a redirect to the caller as it is. @default true */
  readonly followRedirects?: boolean | undefined;
  /** True for what a redirect led to on another origin. */
  readonly redirected?: boolean | undefined;
  /** Where policies write down what they find out. */
  readonly outcome?: CallOutcome | undefined;
}

/** What becomes known of a call on its way. */
export interface CallOutcome {
  /** The request's URL after redirects. */
  url: string;
  /** Redirects followed. */
  redirects: number;
  /** Whether the response was a stored one, validated or not. */
  fromCache: boolean;
}

/** Options of a dispatch, with what its policies share. */
export type ContextualOptions = Dispatcher.DispatchOptions & { readonly [requestContext]?: RequestContext };

const none: RequestContext = Object.freeze({});

export function contextOf(options: Dispatcher.DispatchOptions): RequestContext {
  return (options as ContextualOptions)[requestContext] ?? none;
}
