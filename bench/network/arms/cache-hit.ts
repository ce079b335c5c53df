import CachePolicy from "http-cache-semantics";
import type { Dispatcher } from "undici";
import type { Arm } from "../../../src/measure/index.ts";
import { ResponseCache } from "../../../src/network/cache/response-cache.ts";

const origin = "http://origin.test";
export const urls = 1000;
const paths = Array.from({ length: urls }, (_, i) => `/items/${i}?page=${i % 7}`);
const hrefs = paths.map((path) => `${origin}${path}`);
const requestHeaders = { accept: "application/json", "accept-encoding": "gzip, br", "user-agent": "bench" };
const body = Buffer.from(JSON.stringify({ id: 1, name: "x".repeat(900) }));
const responseHeaders = (): Record<string, string> => ({
  "cache-control": "public, max-age=86400",
  "content-type": "application/json",
  "content-length": String(body.byteLength),
  date: new Date().toUTCString(),
  etag: '"abc"',
  vary: "accept-encoding",
  server: "bench",
  "x-request-id": "0123456789",
});

type Dispatch = Dispatcher["dispatch"];

/** Answers every request from memory, at once. */
const answering: Dispatch = (_options, handler) => {
  const controller = { aborted: false, paused: false, reason: null, abort() {}, pause() {}, resume() {} };
  handler.onRequestStart?.(controller, null);
  handler.onResponseStart?.(controller, 200, responseHeaders(), "OK");
  handler.onResponseData?.(controller, Buffer.from(body));
  handler.onResponseEnd?.(controller, {});
  return true;
};

/** Fetches `paths[i]` through a dispatch, and gives the number of bytes that came. */
function receive(dispatch: Dispatch, i: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    dispatch(
      { origin, path: paths[i]!, method: "GET", headers: requestHeaders },
      {
        onRequestStart() {},
        onResponseStart() {},
        onResponseData(_controller, chunk) {
          bytes += chunk.byteLength;
        },
        onResponseEnd: () => resolve(bytes),
        onResponseError: (_controller, error) => reject(error),
      },
    );
  });
}

async function overDispatch(dispatch: Dispatch): Promise<Arm> {
  for (let i = 0; i < urls; i++) await receive(dispatch, i);
  let isRight = true;
  return {
    async run(count) {
      for (let i = 0; i < count; i++) isRight &&= (await receive(dispatch, i % urls)) === body.byteLength;
    },
    answer: () => isRight,
  };
}

/** `ResponseCache.lookup`, which is what the façade asks first. */
export async function lookup(): Promise<Arm> {
  const cache = new ResponseCache();
  for (let i = 0; i < urls; i++) await receive(cache.policy(answering), i);
  let isRight = true;
  return {
    run(count) {
      for (let i = 0; i < count; i++) {
        const found = cache.lookup("GET", hrefs[i % urls]!, requestHeaders);
        isRight &&=
          found !== undefined && found.body.byteLength === body.byteLength && found.headers.age !== undefined;
      }
    },
    answer: () => isRight,
  };
}

/** `ResponseCache.policy`, each response received by a handler. */
export const policy = (): Promise<Arm> => overDispatch(new ResponseCache().policy(answering));

/** undici's cache interceptor with its memory store, each response received by a handler. */
export async function undiciInterceptor(): Promise<Arm> {
  const { cacheStores, interceptors } = await import("undici");
  const store = new cacheStores.MemoryCacheStore({ maxCount: 10_000 });
  return overDispatch(interceptors.cache({ store, type: "private" })(answering));
}

/** What a careful user builds: `http-cache-semantics` judges, a Map keeps. */
export function semantics(): Arm {
  const held = new Map<string, { readonly judge: CachePolicy; readonly body: Buffer }>();
  for (const href of hrefs) {
    const asked = { url: href, method: "GET", headers: requestHeaders };
    const judge = new CachePolicy(asked, { status: 200, headers: responseHeaders() }, { shared: false });
    held.set(href, { judge, body });
  }
  let isRight = true;
  return {
    run(count) {
      for (let i = 0; i < count; i++) {
        const url = hrefs[i % urls]!;
        const found = held.get(url)!;
        const isFresh = found.judge.satisfiesWithoutRevalidation({
          url,
          method: "GET",
          headers: requestHeaders,
        });
        isRight &&=
          isFresh &&
          found.judge.responseHeaders().age !== undefined &&
          found.body.byteLength === body.byteLength;
      }
    },
    answer: () => isRight,
  };
}

/** A Map with a time, and `max-age` read from the response each time; knows nothing else. */
export function bareMap(): Arm {
  const held = new Map<
    string,
    { readonly at: number; readonly headers: Record<string, string>; readonly body: Buffer }
  >();
  for (const href of hrefs) held.set(href, { at: Date.now(), headers: responseHeaders(), body });
  let isRight = true;
  return {
    run(count) {
      for (let i = 0; i < count; i++) {
        const found = held.get(hrefs[i % urls]!)!;
        const maxAge = Number(/max-age=(\d+)/.exec(found.headers["cache-control"]!)![1]);
        const age = Math.floor((Date.now() - found.at) / 1000);
        const headers = { ...found.headers, age: String(age) };
        isRight &&= age < maxAge && headers.age !== undefined && found.body.byteLength === body.byteLength;
      }
    },
    answer: () => isRight,
  };
}
