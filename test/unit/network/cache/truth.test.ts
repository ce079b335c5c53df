import { expect, test } from "vitest";
import { askOrigin } from "../../../../src/network/cache/checked-response.ts";
import { ResponseCache } from "../../../../src/network/cache/response-cache.ts";
import { truthSampler } from "../../../../src/rollout/index.ts";
import { settle } from "../../../support/fake-clock.ts";
import { Origin, type Reply } from "../../../support/response-cache/origin.ts";
import { cacheRoom } from "../../../support/response-cache/room.ts";

const url = "http://origin.test/a";

function room() {
  const truth = truthSampler({ share: 100, maxConcurrent: 4, confirmMs: 0 });
  const { origin, ...rest } = cacheRoom({ truth });
  const answer = (reply: Reply) => {
    origin.reply = () => reply;
  };
  const checked = async () => {
    for (let i = 0; i < 5; i++) await settle();
    return truth.stats();
  };
  return { ...rest, origin, truth, answer, checked };
}

test("a response that its origin has changed is measured as stale, the same one as fresh", async () => {
  const { answer, checked, fill, fresh, get, origin } = room();
  await fill();
  answer({ body: "x", headers: fresh() });
  expect((await get().response).body).toBe("x");
  expect(await checked()).toMatchObject({ fresh: 1, stale: 0 });
  answer({ body: "y", headers: fresh() });
  expect((await get().response).body).toBe("x");
  expect(await checked()).toMatchObject({ fresh: 1, stale: 1 });
  // The cache keeps to what the origin has said, and the check stores nothing.
  expect((await get().response).body).toBe("x");
  expect(origin.requests).toBe(3);
});

test("another status is another answer, the same entity tag is the same", async () => {
  const { answer, checked, fill, fresh, get } = room();
  const headers = fresh({ etag: '"1"' });
  await fill({ headers });
  answer({ body: "compressed otherwise", headers });
  await get().response;
  expect(await checked()).toMatchObject({ fresh: 1, stale: 0 });
  answer({ status: 404, body: "x", headers });
  await get().response;
  expect(await checked()).toMatchObject({ fresh: 1, stale: 1 });
});

test("a hit by lookup is checked too, by way of the dispatch that follows", async () => {
  const { answer, cache, checked, fill, fresh, get } = room();
  await fill();
  answer({ body: "y", headers: fresh() });
  expect(cache.lookup("GET", url, {})).toBeUndefined();
  expect((await get().response).body).toBe("x");
  expect(await checked()).toMatchObject({ stale: 1 });
  expect(cache.stats().hits).toBe(1);
});

test("an origin's error, and a response that was invalidated meanwhile, say nothing", async () => {
  const { answer, cache, checked, fill, fresh, get } = room();
  await fill();
  answer({ status: 503, headers: fresh() });
  await get().response;
  expect(await checked()).toMatchObject({ checked: 0, failed: 1 });
  answer({ body: "y", headers: fresh() });
  const call = get();
  cache.invalidate(url);
  await call.response;
  expect(await checked()).toMatchObject({ checked: 0, moved: 1 });
});

test("a check carries the caller's credentials, and none of his conditions", async () => {
  const { answer, checked, fill, fresh, get, origin } = room();
  const request = { headers: { Authorization: "Bearer 1", "x-a": "1" } };
  await fill({ headers: fresh({ "cache-control": "public, max-age=100" }) }, request);
  answer({ body: "x", headers: fresh() });
  await get(request).response;
  expect(await checked()).toMatchObject({ fresh: 1 });
  expect(origin.last.sent.headers).toMatchObject({ authorization: "Bearer 1", "x-a": "1" });
});

test("conditional requests, parts and HEAD aren't checked", async () => {
  const { answer, checked, fill, fresh, get, origin } = room();
  await fill({ headers: fresh({ etag: '"1"' }) });
  answer({ body: "y", headers: fresh() });
  await get({ headers: { "if-none-match": '"1"' } }).response;
  await get({ headers: { range: "bytes=0-0" } }).response;
  await get({ method: "HEAD" }).response;
  expect(await checked()).toMatchObject({ checked: 0, running: 0 });
  expect(origin.requests).toBe(1);
});

test("a body beyond the bound, a broken connection and an aborted check fail", async () => {
  const origin = new Origin(Date.now);
  const ask = (signal = new AbortController().signal) =>
    askOrigin(origin.dispatch, { origin: "http://origin.test", path: "/a", method: "GET" }, 4, signal);
  origin.reply = () => ({ body: "12345" });
  await expect(ask()).rejects.toMatchObject({ code: "VICTOR_RESPONSE_TOO_LARGE" });
  origin.reply = () => ({ cut: "within", body: "1" });
  await expect(ask()).rejects.toThrow();
  origin.reply = undefined;
  const abort = new AbortController();
  const asking = ask(abort.signal);
  abort.abort(new Error("enough"));
  await expect(asking).rejects.toThrow("enough");
  expect(origin.last.aborted).toBe(true);
  await expect(ask(abort.signal)).rejects.toThrow("enough");
});

test("what has not the shape of a check is told of", () => {
  expect(() => new ResponseCache({ truth: { isDue: 1 } as never })).toThrow("truth: expected");
});

test("without a check, a hit asks nothing of the origin", async () => {
  const { fill, get, origin } = cacheRoom();
  await fill();
  await get().response;
  await settle();
  expect(origin.requests).toBe(1);
});
