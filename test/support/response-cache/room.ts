import { ResponseCache, type ResponseCacheOptions } from "../../../src/network/cache/response-cache.ts";
import { FakeClock } from "../fake-clock.ts";
import { type ClientCall, type ClientRequest, send } from "./client.ts";
import { httpDate, Origin, type Reply } from "./origin.ts";

/** A cache before an origin in memory, and a clock that both go by. */
export function cacheRoom(options: ResponseCacheOptions = {}) {
  const clock = new FakeClock();
  const now = () => 1_700_000_000_000 + clock.now();
  const origin = new Origin(now);
  const cache = new ResponseCache({ now, clock, ...options });
  const dispatch = cache.policy(origin.dispatch);
  /** Fields of a response that is fresh for 100 seconds. */
  const fresh = (rest = {}) => ({ "cache-control": "max-age=100", date: httpDate(now()), ...rest });
  const get = (request?: ClientRequest, call?: ClientCall) => send(dispatch, request, call);
  /** Has a response stored. */
  const fill = async (reply: Reply = {}, request?: ClientRequest) => {
    origin.reply = () => ({ body: "x", headers: fresh(), ...reply });
    await get(request).response;
    origin.reply = undefined;
  };
  return { clock, origin, cache, dispatch, fresh, get, fill };
}

export type CacheRoom = ReturnType<typeof cacheRoom>;
