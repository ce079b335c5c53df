import { httpDate } from "./origin.ts";
import { epoch, type Script, type Step, script, shared } from "./script.ts";

const at = (seconds: number): string => httpDate(epoch + seconds * 1000);
const cc = (value: string, rest = {}) => ({ "cache-control": value, ...rest });
const asking = (value: string): Pick<Step, "headers"> => ({ headers: { "cache-control": value } });
const stored = (value: string, rest = {}): Step => ({ reply: { headers: cc(value, rest) } });
const fails = { status: 503 } as const;

/** RFC 9111, 4 and 5.2.1, RFC 5861, RFC 8246: when what is stored may be used. */
export const reuseScripts: readonly Script[] = [
  script("no-cache of a request asks again", stored("max-age=100"), {
    ...asking("no-cache"),
    asks: true,
    from: 2,
  }),
  script("Pragma: no-cache does too", stored("max-age=100"), {
    headers: { pragma: "no-cache" },
    asks: true,
    from: 2,
  }),
  script("Pragma beside Cache-Control means nothing", stored("max-age=100"), {
    headers: { pragma: "no-cache", "cache-control": "foo" },
    from: 1,
  }),
  script("Pragma with another word means nothing", stored("max-age=100"), {
    headers: { pragma: "foo" },
    from: 1,
  }),
  script("max-age=0 of a request asks again", stored("max-age=100"), {
    ...asking("max-age=0"),
    asks: true,
    from: 2,
  }),
  script("a response within the request's max-age is used", stored("max-age=100"), {
    after: 10,
    ...asking("max-age=10"),
    from: 1,
  }),
  script("a response beyond the request's max-age isn't", stored("max-age=100"), {
    after: 11,
    ...asking("max-age=10"),
    asks: true,
    from: 2,
  }),
  script("Age of arrival counts for the request's max-age", stored("max-age=100", { age: "20" }), {
    ...asking("max-age=10"),
    asks: true,
    from: 2,
  }),
  script("a wrong max-age of a request asks again", stored("max-age=100"), {
    ...asking("max-age=x"),
    asks: true,
    from: 2,
  }),
  script("min-fresh that is left is enough", stored("max-age=100"), {
    after: 50,
    ...asking("min-fresh=50"),
    from: 1,
  }),
  script("min-fresh that isn't left asks again", stored("max-age=100"), {
    after: 51,
    ...asking("min-fresh=50"),
    asks: true,
    from: 2,
  }),
  script("a wrong min-fresh asks again", stored("max-age=100"), {
    ...asking("min-fresh"),
    asks: true,
    from: 2,
  }),
  script("max-stale takes a stale response", stored("max-age=10"), {
    after: 1000,
    ...asking("max-stale"),
    from: 1,
  }),
  script("max-stale with a number takes one that isn't staler", stored("max-age=10"), {
    after: 20,
    ...asking("max-stale=10"),
    from: 1,
    has: { age: "20" },
  }),
  script("max-stale with a number doesn't take a staler one", stored("max-age=10"), {
    after: 21,
    ...asking("max-stale=10"),
    asks: true,
    from: 2,
  }),
  script("a wrong max-stale takes nothing stale", stored("max-age=10"), {
    after: 20,
    ...asking("max-stale=x"),
    asks: true,
    from: 2,
  }),
  script("of two values of max-stale the lesser counts", stored("max-age=10"), {
    after: 20,
    ...asking("max-stale=100, max-stale=1"),
    asks: true,
    from: 2,
  }),
  ...["must-revalidate", "no-cache"].map((directive) =>
    script(`max-stale doesn't help against ${directive}`, stored(`max-age=10, ${directive}`), {
      after: 20,
      ...asking("max-stale"),
      asks: true,
      from: 2,
    }),
  ),
  script("must-revalidate doesn't hinder while it is fresh", stored("max-age=100, must-revalidate"), {
    after: 99,
    from: 1,
  }),
  script("proxy-revalidate is nothing to a private cache", stored("max-age=10, proxy-revalidate"), {
    after: 20,
    ...asking("max-stale"),
    from: 1,
  }),
  ...["proxy-revalidate", "s-maxage=10"].map((directive) =>
    shared(`gives nothing stale against ${directive}`, stored(`max-age=10, ${directive}`), {
      after: 20,
      ...asking("max-stale"),
      asks: true,
      from: 2,
    }),
  ),
  script("only-if-cached takes what is stored", stored("max-age=100"), {
    ...asking("only-if-cached"),
    from: 1,
  }),
  script("only-if-cached with nothing stored is 504", {
    ...asking("only-if-cached"),
    asks: false,
    status: 504,
  }),
  script("only-if-cached with a stale response is 504", stored("max-age=10"), {
    after: 20,
    ...asking("only-if-cached"),
    status: 504,
  }),
  script("only-if-cached with max-stale takes a stale response", stored("max-age=10"), {
    after: 20,
    ...asking("only-if-cached, max-stale"),
    from: 1,
  }),
  script("only-if-cached with no-cache is 504", stored("max-age=100"), {
    ...asking("only-if-cached, no-cache"),
    status: 504,
  }),
  script("immutable isn't reloaded while it is fresh", stored("max-age=100, immutable"), {
    ...asking("max-age=0"),
    from: 1,
  }),
  script("immutable is asked for again with no-cache", stored("max-age=100, immutable"), {
    ...asking("no-cache"),
    asks: true,
    from: 2,
  }),
  script("immutable is asked for again once it is stale", stored("max-age=10, immutable"), {
    after: 20,
    asks: true,
    from: 2,
  }),

  script(
    "stale-while-revalidate serves a stale response and asks in the background",
    stored("max-age=10, stale-while-revalidate=60"),
    {
      after: 20,
      from: 1,
      asks: true,
      inBackground: true,
      status: 200,
      reply: { headers: cc("max-age=100") },
    },
    { after: 1, from: 2 },
  ),
  script("stale-while-revalidate ends", stored("max-age=10, stale-while-revalidate=60"), {
    after: 70,
    asks: true,
    from: 2,
  }),
  script(
    "stale-while-revalidate gives nothing against must-revalidate",
    stored("max-age=10, stale-while-revalidate=60, must-revalidate"),
    { after: 20, asks: true, from: 2 },
  ),
  script(
    "stale-while-revalidate gives nothing to who wants it younger",
    stored("max-age=10, stale-while-revalidate=60"),
    { after: 20, ...asking("max-age=15"), asks: true, from: 2 },
  ),
  script("a wrong stale-while-revalidate is none", stored("max-age=10, stale-while-revalidate=x"), {
    after: 20,
    asks: true,
    from: 2,
  }),
  script(
    "the background asks with validators, and freshens",
    stored("max-age=10, stale-while-revalidate=60", { etag: '"1"' }),
    {
      after: 20,
      from: 1,
      asks: true,
      status: 200,
      inBackground: true,
      sends: { "if-none-match": '"1"' },
      reply: { status: 304, headers: cc("max-age=100", { etag: '"1"' }) },
    },
    { after: 50, from: 1, has: { age: "50" } },
  ),

  script("stale-if-error serves a stale response on 503", stored("max-age=10, stale-if-error=60"), {
    after: 20,
    asks: true,
    reply: fails,
    status: 200,
    from: 1,
    has: { age: "20" },
  }),
  script(
    "stale-if-error serves a stale response when nothing is heard",
    stored("max-age=10, stale-if-error=60"),
    {
      after: 20,
      asks: true,
      reply: { cut: "before" },
      status: 200,
      from: 1,
    },
  ),
  script("stale-if-error of a request does the same", stored("max-age=10"), {
    after: 20,
    ...asking("stale-if-error=60"),
    asks: true,
    reply: fails,
    status: 200,
    from: 1,
  }),
  script("stale-if-error ends", stored("max-age=10, stale-if-error=60"), {
    after: 71,
    asks: true,
    reply: fails,
    status: 503,
  }),
  script("stale-if-error is not for 404", stored("max-age=10, stale-if-error=60"), {
    after: 20,
    asks: true,
    reply: { status: 404 },
    status: 404,
  }),
  ...["must-revalidate", "no-cache"].map((directive) =>
    script(
      `stale-if-error gives nothing against ${directive}`,
      stored(`max-age=10, stale-if-error=60, ${directive}`, { etag: '"1"' }),
      {
        after: 20,
        asks: true,
        reply: fails,
        status: 503,
      },
    ),
  ),
  script("without stale-if-error a 503 is passed on", stored("max-age=10"), {
    after: 20,
    asks: true,
    reply: fails,
    status: 503,
  }),
  {
    name: "stale-if-error may be the cache's own rule",
    options: { staleIfErrorMs: 60_000 },
    steps: [stored("max-age=10"), { after: 20, asks: true, reply: fails, status: 200, from: 1 }],
  },
  script(
    "a 503 leaves what is stored where it is",
    stored("max-age=10", { etag: '"1"' }),
    { after: 20, asks: true, reply: fails, status: 503 },
    {
      asks: true,
      sends: { "if-none-match": '"1"' },
      reply: { status: 304, headers: { etag: '"1"' } },
      status: 200,
      from: 1,
    },
  ),
  script(
    "a response that came in before the clock was set back is validated",
    { reply: { headers: cc("max-age=100") } },
    {
      after: -60,
      asks: true,
      from: 2,
    },
  ),
  script(
    "a response by Date of another day is stale at once",
    { reply: { headers: cc("max-age=100", { date: at(-86_400) }) } },
    {
      asks: true,
      from: 2,
    },
  ),
];
