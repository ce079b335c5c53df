import { httpDate } from "./origin.ts";
import { asksAgain, epoch, reuses, type Script, script, shared } from "./script.ts";

const at = (seconds: number): string => httpDate(epoch + seconds * 1000);
const fresh = (rest = {}) => ({ "cache-control": "max-age=100", ...rest });
const cc = (value: string, rest = {}) => ({ "cache-control": value, ...rest });

/** RFC 9111, 3 and 5.2.2: what is stored, of what, and for whom. */
export const storingScripts: readonly Script[] = [
  asksAgain("no-store is not stored", cc("no-store")),
  asksAgain("no-store beside max-age is not stored", cc("max-age=100, no-store")),
  asksAgain("no-store before max-age is not stored", cc("no-store, max-age=100")),
  asksAgain("no-store with an argument is no-store", cc("max-age=100, no-store=1")),
  asksAgain("NO-STORE is no-store", cc("max-age=100, NO-STORE")),
  asksAgain("no-cache is not used without validation", cc("max-age=100, no-cache")),
  asksAgain("no-cache without fields is for all", cc('max-age=100, no-cache=""')),
  asksAgain("no-cache with a broken argument is for all", cc("max-age=100, no-cache=;")),
  reuses(
    "fields of no-cache are left out",
    cc('max-age=100, no-cache="x-a, X-B"', { "x-a": "1", "x-b": "2", "x-c": "3" }),
    1,
    {
      has: { "x-a": undefined, "x-b": undefined, "x-c": "3" },
    },
  ),
  script("fields of no-cache pass at first", {
    reply: { headers: cc('max-age=100, no-cache="x-a"', { "x-a": "1" }) },
    has: { "x-a": "1" },
  }),
  reuses("private is for a private cache", cc("private, max-age=100")),
  shared(
    "doesn't keep what is private",
    { reply: { headers: cc("private, max-age=100") } },
    { asks: true, from: 2 },
  ),
  shared(
    "leaves out fields that are private",
    { reply: { headers: cc('private="x-a", max-age=100', { "x-a": "1" }) } },
    { from: 1, has: { "x-a": undefined } },
  ),
  reuses("public is stored", cc("public, max-age=100")),
  reuses(
    "must-understand with a known status overrides no-store",
    cc("max-age=100, no-store, must-understand"),
  ),
  script(
    "must-understand with an unknown status is not stored",
    { reply: { status: 299, headers: cc("max-age=100, must-understand") } },
    { asks: true, reply: { status: 200 } },
  ),
  reuses("Pragma in a response means nothing", fresh({ pragma: "no-cache" })),
  reuses("Warning in a response means nothing", fresh({ warning: '110 - "stale"' })),
  reuses("no-transform is stored", cc("max-age=100, no-transform")),
  asksAgain("Vary: * is not stored", fresh({ vary: "*" })),
  asksAgain("Vary with * among others is not stored", fresh({ vary: "x-a, *" })),

  script(
    "no-store of a request keeps its response out",
    { headers: { "cache-control": "no-store" }, reply: { headers: fresh() } },
    { asks: true, from: 2 },
  ),
  script(
    "no-store of a request doesn't keep it from what is stored",
    { reply: { headers: fresh() } },
    { headers: { "cache-control": "no-store" }, from: 1 },
  ),

  shared(
    "doesn't keep what was asked for with Authorization",
    { headers: { authorization: "Basic x" }, reply: { headers: fresh() } },
    { headers: { authorization: "Basic x" }, asks: true, from: 2 },
  ),
  ...["public", "must-revalidate", "s-maxage=100"].map((directive) =>
    shared(
      `keeps what was asked for with Authorization when it is ${directive}`,
      { headers: { authorization: "Basic x" }, reply: { headers: cc(`max-age=100, ${directive}`) } },
      { headers: { authorization: "Basic y" }, from: 1 },
    ),
  ),
  shared(
    "doesn't keep Set-Cookie",
    { reply: { headers: cc("public, max-age=100", { "set-cookie": "a=b" }) } },
    { asks: true, from: 2 },
  ),
  script(
    "a private cache keeps what was asked for with Authorization, for the same",
    { headers: { authorization: "Basic x" }, reply: { headers: fresh() } },
    { headers: { Authorization: "Basic x" }, from: 1 },
  ),
  script(
    "a private cache doesn't give it to another Authorization",
    { headers: { authorization: "Basic x" }, reply: { headers: fresh() } },
    { headers: { authorization: "Basic y" }, asks: true, from: 2 },
    { headers: { authorization: "Basic x" }, from: 1 },
  ),
  script(
    "a private cache doesn't give it to those without Authorization, nor the other way round",
    { headers: { authorization: "Basic x" }, reply: { headers: fresh() } },
    { asks: true, from: 2, reply: { headers: fresh() } },
    { headers: { authorization: "Basic x" }, from: 1 },
    { from: 2 },
  ),
  ...["cookie", "x-api-key", "x-auth-token"].flatMap((name) =>
    ["private, max-age=100", "max-age=100"].map((directives) =>
      script(
        `a private cache doesn't give what is ${directives} to another ${name}, nor to those without`,
        { headers: { [name]: "u=1" }, reply: { headers: cc(directives) } },
        { headers: { [name]: "u=2" }, asks: true, from: 2, reply: { headers: cc(directives) } },
        { asks: true, from: 3, reply: { headers: cc(directives) } },
        { headers: { [name]: "u=1" }, from: 1 },
        { headers: { [name]: "u=2" }, from: 2 },
        { from: 3 },
      ),
    ),
  ),
  script(
    "what is public is for every Authorization",
    { headers: { authorization: "Basic x" }, reply: { headers: cc("public, max-age=100") } },
    { from: 1 },
  ),
  reuses("a private cache keeps Set-Cookie", fresh({ "set-cookie": "a=b" }), 1, {
    has: { "set-cookie": "a=b" },
  }),
  script(
    "a private cache gives Set-Cookie to no other cookie",
    { headers: { cookie: "u=1" }, reply: { headers: fresh({ "set-cookie": "a=b" }) } },
    { headers: { cookie: "u=2" }, asks: true, from: 2 },
    { headers: { cookie: "u=1" }, from: 1 },
  ),

  script(
    "what a 304 no longer says to be public is for the same Authorization only",
    { headers: { authorization: "x" }, reply: { headers: cc("public, max-age=10", { etag: '"1"' }) } },
    {
      after: 20,
      headers: { authorization: "x" },
      asks: true,
      status: 200,
      from: 1,
      reply: { status: 304, headers: cc("max-age=100", { etag: '"1"' }) },
    },
    { headers: { authorization: "y" }, asks: true, from: 3 },
    { headers: { authorization: "x" }, from: 1 },
  ),
  script(
    "a cookie that a 304 sets is for the same cookie only",
    { headers: { cookie: "u=1" }, reply: { headers: cc("max-age=10", { etag: '"1"' }) } },
    {
      after: 20,
      headers: { cookie: "u=1" },
      asks: true,
      status: 200,
      from: 1,
      reply: { status: 304, headers: { etag: '"1"', "set-cookie": "a=b" } },
    },
    { headers: { cookie: "u=2" }, asks: true, from: 3 },
    { headers: { cookie: "u=1" }, from: 1 },
  ),
  reuses(
    "fields of the connection aren't stored",
    fresh({
      connection: "x-hop, X-Also",
      "x-hop": "1",
      "x-also": "2",
      "keep-alive": "timeout=5",
      "x-end": "3",
    }),
    1,
    {
      has: {
        connection: undefined,
        "x-hop": undefined,
        "x-also": undefined,
        "keep-alive": undefined,
        "x-end": "3",
      },
    },
  ),
  reuses("credentials of a proxy aren't stored", fresh({ "proxy-authenticate": "Basic" }), 1, {
    has: { "proxy-authenticate": undefined },
  }),
  reuses("unknown fields are stored", fresh({ "x-any": "1", "content-type": "text/x", server: "me" }), 1, {
    has: { "x-any": "1", "content-type": "text/x", server: "me" },
  }),
  reuses("several lines of a field stay several", fresh({ link: ["<a>", "<b>"] }), 1, {
    has: { link: "<a>,<b>" },
  }),
  script(
    "trailers are kept apart",
    {
      reply: { headers: fresh({ trailer: "x-t", "transfer-encoding": "chunked" }), trailers: { "x-t": "1" } },
    },
    { from: 1, has: { "x-t": undefined } },
  ),
  script(
    "interim responses aren't stored",
    { reply: { interim: [103], headers: fresh() } },
    { from: 1, has: { link: undefined } },
  ),
  script(
    "a cut body is not stored",
    { reply: { headers: fresh(), cut: "within" }, fails: true },
    { asks: true, from: 2 },
  ),
  script("an error is not stored", { reply: { cut: "before" }, fails: true }, { asks: true, from: 2 }),
  script(
    "a 304 that the client asked for is not stored",
    { headers: { "if-none-match": '"x"' }, reply: { status: 304, headers: fresh({ etag: '"x"' }) } },
    { asks: true, from: 2 },
  ),
  script(
    "an empty body is stored",
    { reply: { headers: fresh({ "content-length": "0" }), body: "" } },
    { text: "", has: { "content-length": "0" } },
  ),
  script(
    "bytes that are no text come back as they were",
    { reply: { headers: fresh(), body: [Uint8Array.of(195), Uint8Array.of(164, 10)] } },
    { text: "ä\n" },
  ),
  script(
    "other methods aren't stored",
    { method: "OPTIONS", reply: { headers: fresh() } },
    { method: "OPTIONS", asks: true, from: 2 },
    { asks: true, from: 3 },
  ),
  script(
    "a GET with a body passes through",
    { body: "x", reply: { headers: fresh() } },
    { asks: true, from: 2 },
  ),
  script(
    "responses of different paths, queries and hosts are apart",
    { path: "/a", reply: { headers: fresh() } },
    { path: "/b", asks: true, from: 2, reply: { headers: fresh() } },
    { path: "/a?x=1", asks: true, from: 3, reply: { headers: fresh() } },
    { path: "/a?x=2", asks: true, from: 4, reply: { headers: fresh() } },
    { path: "/a", headers: { host: "other.test" }, asks: true, from: 5, reply: { headers: fresh() } },
    { path: "/a", from: 1 },
    { path: "/a?x=1", from: 3 },
    { path: "/a", headers: { host: "other.test" }, from: 5 },
  ),
  script(
    "a path with dots is the same as without",
    { path: "/x/../a", reply: { headers: fresh() } },
    { from: 1 },
  ),
  script("case of a path counts", { path: "/A", reply: { headers: fresh() } }, { asks: true, from: 2 }),
  script(
    "a later response replaces the former",
    { reply: { headers: fresh() } },
    { after: 200, asks: true, from: 2, reply: { headers: fresh() } },
    { after: 50, from: 2 },
  ),
  script(
    "an Expires alone stores a redirect",
    { reply: { status: 302, headers: { expires: at(100), location: "/b" } } },
    { after: 50, status: 302, has: { location: "/b" } },
  ),
];

/** RFC 9111, 4.1: Vary. */
export const varyScripts: readonly Script[] = [
  script(
    "the same value matches",
    { headers: { "x-a": "1" }, reply: { headers: fresh({ vary: "X-A" }) } },
    { headers: { "X-a": "1" }, from: 1 },
  ),
  script(
    "another value doesn't match, and is a variant of its own",
    { headers: { "x-a": "1" }, reply: { headers: fresh({ vary: "x-a" }) } },
    { headers: { "x-a": "2" }, asks: true, from: 2, reply: { headers: fresh({ vary: "x-a" }) } },
    { headers: { "x-a": "1" }, from: 1 },
    { headers: { "x-a": "2" }, from: 2 },
  ),
  script(
    "a missing field matches only a missing one",
    { reply: { headers: fresh({ vary: "x-a" }) } },
    { from: 1 },
    { headers: { "x-a": "" }, asks: true, from: 3 },
  ),
  script(
    "all nominated fields have to match",
    { headers: { "x-a": "1", "x-b": "2" }, reply: { headers: fresh({ vary: "x-a, x-b" }) } },
    { headers: { "x-a": "1", "x-b": "2" }, from: 1 },
    { headers: { "x-a": "1", "x-b": "3" }, asks: true, from: 3 },
    { headers: { "x-a": "1" }, asks: true, from: 4 },
  ),
  script(
    "several lines of Vary are one list",
    { headers: { "x-a": "1", "x-b": "2" }, reply: { headers: fresh({ vary: ["x-a", "x-b"] }) } },
    { headers: { "x-a": "1", "x-b": "3" }, asks: true, from: 2 },
    { headers: { "x-a": "1", "x-b": "2" }, from: 1 },
  ),
  script(
    "other fields don't matter",
    { headers: { "x-a": "1", "x-o": "1" }, reply: { headers: fresh({ vary: "x-a" }) } },
    { headers: { "x-a": "1", "x-o": "2" }, from: 1 },
  ),
  script(
    "an empty Vary is none",
    { headers: { "x-a": "1" }, reply: { headers: fresh({ vary: "" }) } },
    { headers: { "x-a": "2" }, from: 1 },
  ),
  script(
    "space around members doesn't matter",
    { headers: { "x-a": "1,2" }, reply: { headers: fresh({ vary: "x-a" }) } },
    { headers: { "x-a": " 1 , 2 " }, from: 1 },
  ),
  script(
    "order of members matters where nothing else is known",
    { headers: { "x-a": "1, 2" }, reply: { headers: fresh({ vary: "x-a" }) } },
    { headers: { "x-a": "2, 1" }, asks: true, from: 2 },
  ),
  script(
    "case of a value matters where nothing else is known",
    { headers: { "x-a": "A" }, reply: { headers: fresh({ vary: "x-a" }) } },
    { headers: { "x-a": "a" }, asks: true, from: 2 },
  ),
  script(
    "case and order of languages don't matter",
    {
      headers: { "accept-language": "en, DE;q=0.5" },
      reply: { headers: fresh({ vary: "Accept-Language" }) },
    },
    { headers: { "accept-language": "de; q=0.5 ,EN" }, from: 1 },
    { headers: { "accept-language": "de, en;q=0.5" }, asks: true, from: 3 },
  ),
  script(
    "order of encodings doesn't matter",
    { headers: { "accept-encoding": "gzip, br" }, reply: { headers: fresh({ vary: "accept-encoding" }) } },
    { headers: { "accept-encoding": "br,gzip" }, from: 1 },
    { headers: { "accept-encoding": "br" }, asks: true, from: 3 },
  ),
  script(
    "among matching ones those with Vary go first",
    { headers: { "x-a": "1" }, reply: { headers: fresh({ vary: "x-a" }) } },
    { after: 1, headers: { "x-a": "2" }, asks: true, from: 2, reply: { headers: fresh() } },
    { after: 1, headers: { "x-a": "1" }, from: 1 },
    { after: 1, headers: { "x-a": "3" }, from: 2 },
  ),
  script(
    "a response without Vary isn't used once there is a later one with it",
    { headers: { "x-a": "1" }, reply: { headers: { ...fresh(), "cache-control": "max-age=1" } } },
    { after: 5, headers: { "x-a": "2" }, asks: true, from: 2, reply: { headers: fresh({ vary: "x-a" }) } },
    { after: 1, headers: { "x-a": "3", "cache-control": "max-stale" }, asks: true, from: 3 },
  ),
];
