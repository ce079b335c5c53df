import type { Dispatcher } from "undici";
import type { Dispatch } from "../policy.ts";
import type { CacheRequest } from "./cache-request.ts";

/** What a caller wants, and how the origin is asked for it. */
export interface Errand {
  readonly dispatch: Dispatch;
  readonly options: Dispatcher.DispatchOptions;
  readonly request: CacheRequest;
  readonly key: string;
}
