import fc from "fast-check";
import type { Dispatcher } from "undici";
import { describe, expect, test } from "vitest";
import { type CallOutcome, type ContextualOptions, requestContext } from "../../../src/network/policy.ts";
import { type RedirectSettings, redirectPolicy } from "../../../src/network/redirect.ts";

interface Answer {
  readonly status: number;
  readonly location?: string;
  readonly body?: Buffer;
}
type Sent = Dispatcher.DispatchOptions & { readonly [requestContext]?: object };

/** A transport that answers at once, by URL, and keeps what it was sent. */
function follow(
  answers: Readonly<Record<string, Answer>>,
  request: Partial<ContextualOptions>,
  settings: RedirectSettings = {},
) {
  const sent: Sent[] = [];
  const seen: { status?: number; error?: unknown; ended: number; body: string } = { ended: 0, body: "" };
  const outcome: CallOutcome = { url: "", redirects: 0, fromCache: false };
  const aborts: unknown[] = [];
  const dispatch = redirectPolicy(settings)((options, handler) => {
    sent.push(options as Sent);
    const answer = answers[`${options.origin}${options.path}`] ?? { status: 404 };
    let aborted = false;
    const controller = {
      aborted: false,
      paused: false,
      reason: null,
      pause: () => undefined,
      resume: () => undefined,
      abort(reason: Error) {
        aborted = true;
        aborts.push(reason);
        handler.onResponseError?.(controller, reason);
      },
    };
    handler.onRequestStart?.(controller, {});
    const headers = answer.location === undefined ? {} : { location: answer.location };
    handler.onResponseStart?.(controller, answer.status, headers, "");
    if (answer.body && !aborted) handler.onResponseData?.(controller, answer.body);
    if (!aborted) handler.onResponseEnd?.(controller, {});
    return true;
  });
  dispatch(
    {
      origin: "https://a.example",
      path: "/",
      method: "GET",
      ...request,
      [requestContext]: { outcome, ...request[requestContext] },
    } as ContextualOptions,
    {
      onRequestStart: () => undefined,
      onResponseStart: (_, status) => {
        seen.status = status;
      },
      onResponseData: (_, chunk) => {
        seen.body += chunk.toString();
      },
      onResponseEnd: () => {
        seen.ended++;
      },
      onResponseError: (_, error) => {
        seen.error = error;
      },
    },
  );
  return { sent, seen, outcome, aborts };
}

const urls = (sent: readonly Sent[]) => sent.map(({ origin, path }) => `${origin}${path}`);

describe("Redirects", () => {
  test("leave the first URL's query behind, wherever the caller put it", () => {
    const { sent } = follow(
      {
        "https://a.example/": { status: 302, location: "/two?x=1" },
        "https://a.example/two?x=1": { status: 200 },
      },
      { query: { y: 2 } },
    );
    expect(urls(sent)).toEqual(["https://a.example/", "https://a.example/two?x=1"]);
    expect(sent[1]).not.toHaveProperty("query");
  });

  test("are followed, their bodies swallowed, and the last URL told", () => {
    const { sent, seen, outcome } = follow(
      {
        "https://a.example/": { status: 301, location: "two?x=1", body: Buffer.from("moved") },
        "https://a.example/two?x=1": { status: 302, location: "https://b.example/" },
        "https://b.example/": { status: 200, body: Buffer.from("here") },
      },
      {},
    );
    expect(urls(sent)).toEqual(["https://a.example/", "https://a.example/two?x=1", "https://b.example/"]);
    expect(seen).toMatchObject({ status: 200, body: "here", ended: 1 });
    expect(outcome).toEqual({ url: "https://b.example/", redirects: 2, fromCache: false });
  });

  test("what a stored redirect leads to isn't stored itself for that", () => {
    const stored: CallOutcome = { url: "", redirects: 0, fromCache: true };
    follow(
      { "https://a.example/": { status: 301, location: "/two" } },
      { [requestContext]: { outcome: stored } },
    );
    expect(stored).toMatchObject({ redirects: 1, fromCache: false });
  });

  test("a redirect whose body is too long to be read gives up its connection", () => {
    const { seen, aborts } = follow(
      {
        "https://a.example/": { status: 302, location: "/two", body: Buffer.alloc(100_000) },
        "https://a.example/two": { status: 200, body: Buffer.from("here") },
      },
      {},
    );
    expect(aborts).toHaveLength(1);
    expect(seen).toMatchObject({ status: 200, body: "here", ended: 1 });
  });

  test("credentials, Host and what the caller calls secret stay at home when the origin changes, once and for all", () => {
    const name = fc.constantFrom(
      "Authorization",
      "cookie",
      "PROXY-AUTHORIZATION",
      "x-mine",
      "accept",
      "host",
    );
    const hosts = fc.array(fc.constantFrom("https://a.example", "https://b.example"), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(hosts, fc.dictionary(name, fc.constant("v")), fc.boolean(), (hops, headers, flat) => {
        const answers: Record<string, Answer> = {};
        let from = "https://a.example/";
        for (const [i, host] of hops.entries()) {
          answers[from] = { status: 307, location: `${host}/${i}` };
          from = `${host}/${i}`;
        }
        const given = flat ? Object.entries(headers).flat() : headers;
        const { sent } = follow(answers, { headers: given }, { isSecret: (field) => field === "x-mine" });
        let left = false;
        for (const request of sent.slice(1)) {
          left ||= request.origin !== "https://a.example";
          const kept = Object.keys(request.headers as object).map((field) => field.toLowerCase());
          expect(kept).not.toContain("host");
          if (left) expect(kept.filter((field) => field !== "accept")).toEqual([]);
          else expect(kept).toHaveLength(Object.keys(headers).filter((field) => field !== "host").length);
        }
      }),
    );
  });

  test.each(["//b.example/one", "///b.example", "/\\\\b.example", "http://b.example/one"])(
    "a relative one stays at the origin that was asked, whatever its path looks like: %s",
    (path) => {
      const { sent } = follow(
        { [`https://a.example${path}`]: { status: 302, location: "/two" } },
        { path, headers: { authorization: "secret" } },
      );
      expect(urls(sent)).toEqual([`https://a.example${path}`, "https://a.example/two"]);
    },
  );

  test("a POST becomes a GET without body and without what described it", () => {
    const { sent } = follow(
      { "https://a.example/": { status: 303, location: "/two" } },
      { method: "POST", body: "x", headers: { "Content-Type": "text/plain", "x-a": "1" } },
    );
    expect(sent[1]).toMatchObject({ method: "GET", body: null, headers: { "x-a": "1" } });
  });

  test("307 sends the body again: text and bytes as they are, a stream only by its factory", () => {
    const answers = { "https://a.example/": { status: 307, location: "/two" } };
    expect(follow(answers, { method: "POST", body: "x" }).sent[1]).toMatchObject({
      method: "POST",
      body: "x",
    });
    const stream = new ReadableStream() as never;
    expect(follow(answers, { method: "POST", body: stream }).seen.error).toMatchObject({
      code: "VICTOR_REDIRECT",
      reason: "body-not-repeatable",
    });
    const context = { makeBody: () => "again" };
    const { sent } = follow(answers, { method: "POST", body: stream, [requestContext]: context });
    expect(sent[1]?.body).toBe("again");
  });

  test("a loop ends, and so does a row that is too long", () => {
    const loop = follow(
      {
        "https://a.example/": { status: 302, location: "/two" },
        "https://a.example/two": { status: 302, location: "/?" },
        "https://a.example/?": { status: 302, location: "/two" },
      },
      {},
    );
    expect(loop.seen).toMatchObject({ error: { reason: "loop", status: 302 }, ended: 0 });
    const row = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [
        `https://a.example/${i === 0 ? "" : i}`,
        { status: 302, location: `/${i + 1}` },
      ]),
    );
    const tooMany = follow(row, {}, { maxRedirects: 3 });
    expect(tooMany.seen.error).toMatchObject({ reason: "too-many" });
    expect(tooMany.sent).toHaveLength(4);
    expect(follow(row, {}, { maxRedirects: 0 }).sent).toHaveLength(1);
  });

  test("from https to http is refused unless allowed, and the message shows no query", () => {
    const answers = { "https://a.example/?token=1": { status: 302, location: "http://a.example/x" } };
    const { seen, sent, aborts } = follow(answers, { path: "/?token=1" });
    expect(seen.error).toMatchObject({ reason: "downgrade", message: expect.not.stringContaining("token") });
    expect([sent.length, aborts.length, seen.ended]).toEqual([1, 1, 0]);
    expect(follow(answers, { path: "/?token=1" }, { allowDowngrade: true }).sent).toHaveLength(2);
  });

  test("without Location, and where the call says so, it is a response like others", () => {
    expect(follow({ "https://a.example/": { status: 302 } }, {}).seen).toMatchObject({
      status: 302,
      ended: 1,
    });
    const manual = { [requestContext]: { followRedirects: false } };
    const { seen } = follow({ "https://a.example/": { status: 302, location: "/two" } }, manual);
    expect(seen.status).toBe(302);
  });

  test("another origin's answer stays out of the cache where that is asked for", () => {
    const answers = { "https://a.example/": { status: 302, location: "https://b.example/" } };
    const { sent } = follow(answers, {}, { cacheAcrossOrigins: false });
    expect(sent[1]?.[requestContext]).toMatchObject({ redirected: true, useCache: false });
  });

  test.each([{ maxRedirects: -1 }, { maxRedirects: 1.5 }, { allowDowngrade: 1 }, { max: 1 }])(
    "the options %j are refused",
    (options) => {
      expect(() => redirectPolicy(options as never)).toThrow(/redirects/);
    },
  );
});
