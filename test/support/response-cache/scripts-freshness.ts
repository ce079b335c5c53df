import { httpDate } from "./origin.ts";
import { asksAgain, epoch, reuses, type Script, script, shared } from "./script.ts";

/** A date so many seconds from the beginning of a script. */
const at = (seconds: number): string => httpDate(epoch + seconds * 1000);
const day = 86_400;

const maxAge = (value: string, rest = {}) => ({ "cache-control": value, ...rest });

/** RFC 9111, 4.2 and 5.1 to 5.3: for how long a response is fresh, and how old it is. */
export const freshnessScripts: readonly Script[] = [
  reuses("max-age keeps a response fresh", maxAge("max-age=100"), 99),
  asksAgain("max-age is over at its end", maxAge("max-age=100"), 100),
  asksAgain("max-age=0 is never fresh", maxAge("max-age=0"), 0),
  reuses("max-age goes before a past Expires", maxAge("max-age=100", { expires: at(-100) })),
  asksAgain("max-age=0 goes before a future Expires", maxAge("max-age=0", { expires: at(100) })),
  reuses("names of directives have no case", maxAge("MaX-aGe=100")),
  reuses("leading zeros are digits", maxAge("max-age=000100"), 99),
  reuses("a quoted argument is read", maxAge('max-age="100"'), 99),
  reuses("a number beyond 2^31 is a long time", maxAge("max-age=99999999999999999999"), 1e6),
  reuses("a number of a thousand digits is a long time", maxAge(`max-age=${"9".repeat(1000)}`), 1e6),
  reuses("empty members of a list mean nothing", maxAge(", ,max-age=100,, ,")),
  reuses("tabs are space", maxAge("\tmax-age=100\t,\tfoo")),
  reuses("unknown directives mean nothing", maxAge('foo, max-age=100, bar=1, baz="x"')),
  reuses("a name that only begins alike is another one", maxAge("max-age-foo=0, max-age=100")),
  asksAgain("what stands within quotes is no directive", maxAge('foo="max-age=100"')),
  asksAgain("what stands within quotes with a quote is no directive", maxAge('foo="a\\", max-age=100"')),
  asksAgain("no-store within an unfinished quote is heeded", maxAge('max-age=100, foo="bar, no-store')),
  asksAgain("an unfinished quote makes times doubtful", maxAge('max-age=100, foo="bar')),
  asksAgain("max-age without an argument is stale", maxAge("max-age")),
  asksAgain("max-age with an empty argument is stale", maxAge("max-age=")),
  asksAgain("max-age with letters is stale", maxAge("max-age=100a")),
  asksAgain("max-age with a fraction is stale", maxAge("max-age=100.5")),
  asksAgain("a negative max-age is stale", maxAge("max-age=-100")),
  asksAgain("max-age with single quotes is stale", maxAge("max-age='100'")),
  asksAgain("max-age with space before = is stale", maxAge("max-age =100")),
  asksAgain("max-age with space after = is stale", maxAge("max-age= 100")),
  asksAgain("max-age followed by a semicolon is stale", maxAge("max-age=100; public")),
  asksAgain("max-age followed by another word is stale", maxAge("max-age=100 public")),
  asksAgain("of two values of max-age the lesser counts", maxAge("max-age=100, max-age=1"), 2),
  asksAgain("of two values of max-age the lesser counts, first or last", maxAge("max-age=1, max-age=100"), 2),
  asksAgain("a wrong max-age beside a right one is stale", maxAge("max-age=100, max-age=abc")),
  reuses("several lines of Cache-Control are one list", { "cache-control": ["max-age=100", "foo"] }),
  asksAgain("no-store on a second line is heeded", { "cache-control": ["max-age=100", "no-store"] }),
  reuses("s-maxage is nothing to a private cache", maxAge("max-age=100, s-maxage=0")),
  asksAgain("s-maxage alone gives a private cache no time", maxAge("s-maxage=100")),
  shared(
    "prefers s-maxage",
    { reply: { headers: maxAge("max-age=1, s-maxage=100") } },
    { after: 50, from: 1 },
  ),
  shared(
    "heeds an s-maxage that is less",
    { reply: { headers: maxAge("max-age=100, s-maxage=1") } },
    { after: 50, asks: true, from: 2 },
  ),

  reuses("Expires in the future keeps a response fresh", { expires: at(100) }, 99),
  asksAgain("Expires is over at its date", { expires: at(100) }, 100),
  asksAgain("Expires in the past is stale", { expires: at(-100) }, 0),
  asksAgain("Expires that is Date is stale", { expires: at(0) }, 0),
  asksAgain("Expires: 0 is stale", { expires: "0" }, 0),
  asksAgain("Expires: -1 is stale", { expires: "-1" }, 0),
  asksAgain("an empty Expires is stale", { expires: "" }, 0),
  asksAgain("Expires with a number of seconds is stale", { expires: "100" }, 0),
  asksAgain("Expires in another zone is stale", { expires: at(100).replace("GMT", "CET") }, 0),
  asksAgain("Expires with an offset is stale", { expires: at(100).replace("GMT", "+0000") }, 0),
  asksAgain("Expires in UTC by name is stale", { expires: at(100).replace("GMT", "UTC") }, 0),
  asksAgain("Expires without a zone is stale", { expires: at(100).replace(" GMT", "") }, 0),
  asksAgain("Expires in ISO 8601 is stale", { expires: new Date(epoch + 1e5).toISOString() }, 0),
  asksAgain("Expires of a day that isn't is stale", { expires: "Sat, 31 Feb 2099 12:00:00 GMT" }, 0),
  asksAgain("Expires of an hour that isn't is stale", { expires: "Mon, 05 Jan 2099 25:00:00 GMT" }, 0),
  asksAgain("Expires with a short year is stale", { expires: "Mon, 05 Jan 99 12:00:00 GMT" }, 0),
  asksAgain("two dates in Expires are stale", { expires: [at(100), at(200)] }, 0),
  reuses("the same Expires twice is one", { expires: [at(100), at(100)] }),
  reuses("Expires as RFC 850 has it", { expires: "Monday, 05-Jan-26 13:00:00 GMT" }, 1000),
  reuses("Expires as asctime has it", { expires: "Mon Jan  5 13:00:00 2026" }, 1000),
  asksAgain(
    "RFC 850's year of more than 50 years ahead is past",
    { expires: "Monday, 05-Jan-99 13:00:00 GMT" },
    0,
  ),
  reuses("Expires far ahead", { expires: "Mon, 05 Jan 9999 12:00:00 GMT" }, 1e8),
  reuses("Expires counts from Date", { date: at(-50), expires: at(50) }, 49),
  reuses(
    "Expires counts from the time of arrival where Date is wrong",
    { date: "yesterday", expires: at(100) },
    99,
  ),
  script(
    "Expires counts from the time of arrival without Date",
    { reply: { dateless: true, headers: { expires: at(100) } } },
    { after: 99, from: 1 },
  ),
  reuses("a Date in the future makes nobody older", { date: at(50), "cache-control": "max-age=100" }, 99),

  asksAgain("Age is added", maxAge("max-age=100", { age: "60" }), 41),
  reuses("Age is added, no more", maxAge("max-age=100", { age: "60" }), 39),
  asksAgain("Age beyond the lifetime is stale", maxAge("max-age=100", { age: "100" }), 0),
  reuses("the first of several values of Age counts", maxAge("max-age=100", { age: "0, 200" })),
  asksAgain(
    "the first of several values of Age counts, though it is more",
    maxAge("max-age=100", { age: "200, 0" }),
  ),
  asksAgain("the first of several lines of Age counts", maxAge("max-age=100", { age: ["200", "0"] })),
  reuses("an Age with letters is ignored", maxAge("max-age=100", { age: "200a" })),
  reuses("a negative Age is ignored", maxAge("max-age=100", { age: "-200" })),
  reuses("a fractional Age is ignored", maxAge("max-age=100", { age: "200.5" })),
  reuses("an empty Age is ignored", maxAge("max-age=100", { age: "" })),
  asksAgain("an Age beyond 2^31 is very old", maxAge("max-age=100", { age: "99999999999" }), 0),
  asksAgain("an old Date makes a response old", maxAge("max-age=100", { date: at(-60) }), 41),
  reuses("an old Date and Age don't add up", maxAge("max-age=100", { date: at(-60), age: "60" }), 39),
  reuses("Age is counted anew on reuse", maxAge("max-age=100"), 30, { has: { age: "30" } }),
  reuses("Age on reuse counts from that of arrival", maxAge("max-age=100", { age: "20" }), 30, {
    has: { age: "50" },
  }),
  reuses("Age on reuse counts from Date", maxAge("max-age=100", { date: at(-10) }), 30, {
    has: { age: "40" },
  }),
  script("a response passes with the Age that it came with", {
    reply: { headers: maxAge("max-age=100", { age: "20" }) },
    has: { age: "20" },
  }),
  reuses("Date stays as it was on reuse", maxAge("max-age=100"), 30, { has: { date: at(0) } }),

  reuses("a tenth of the time since Last-Modified is fresh", { "last-modified": at(-1000) }, 99),
  asksAgain("more than a tenth of it isn't", { "last-modified": at(-1000) }, 100),
  asksAgain("a heuristic never gives more than a day", { "last-modified": at(-1000 * day) }, day),
  asksAgain("nothing said is nothing given", {}, 0),
  asksAgain("a wrong Last-Modified gives nothing", { "last-modified": "long ago" }, 0),
  asksAgain("a Last-Modified ahead gives nothing", { "last-modified": at(1000) }, 0),
  asksAgain("an Expires that is wrong leaves no room for a heuristic", {
    "last-modified": at(-1000),
    expires: "0",
  }),
  reuses("a query in the URL is no hindrance for a heuristic", { "last-modified": at(-1000) }, 50, {}),
  ...[200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501].map((status) =>
    script(
      `a heuristic is allowed for ${status}`,
      { reply: { status, headers: { "last-modified": at(-1000) } } },
      { after: 50, status, has: { age: "50" } },
    ),
  ),
  ...[201, 202, 302, 303, 307, 400, 401, 403, 418, 499, 500, 502, 503, 599].map((status) =>
    script(
      `a heuristic is not allowed for ${status}`,
      { reply: { status, headers: { "last-modified": at(-1000) } } },
      { after: 50, asks: true, reply: { status: 200 } },
    ),
  ),
  ...[201, 202, 302, 303, 307, 400, 401, 403, 418, 499, 500, 503, 599].map((status) =>
    script(
      `explicit freshness is enough for ${status}`,
      { reply: { status, headers: maxAge("max-age=100") } },
      { after: 50, status, from: 1 },
    ),
  ),
  script(
    "public allows a heuristic for any status",
    { reply: { status: 403, headers: { "cache-control": "public", "last-modified": at(-1000) } } },
    { after: 50, status: 403, from: 1 },
  ),
  {
    name: "a default lifetime is for what says nothing",
    options: { defaultLifetimeMs: 60_000 },
    steps: [{}, { after: 59, from: 1 }, { after: 2, asks: true, from: 3 }],
  },
  ...["cookie", "authorization", "x-api-key"].flatMap((name) =>
    (["private", "shared"] as const).map((type) => ({
      name: `a default lifetime isn't for what was asked for with ${name}, in a ${type} cache`,
      options: { defaultLifetimeMs: 60_000, type },
      steps: [{ headers: { [name]: "u=1" } }, { headers: { [name]: "u=2" }, asks: true, from: 2 }],
    })),
  ),
  ...[{ "set-cookie": "a=b" }, { "cache-control": "public" }, { "cache-control": "private" }].map(
    (headers) => ({
      name: `a default lifetime isn't for what says ${Object.entries(headers)[0]!.join(": ")}`,
      options: { defaultLifetimeMs: 60_000 },
      steps: [{ reply: { headers } }, { asks: true, from: 2 }],
    }),
  ),
  {
    name: "heuristics can be switched off",
    options: { heuristicFraction: 0 },
    steps: [{ reply: { headers: { "last-modified": at(-1000) } } }, { asks: true, from: 2 }],
  },
];
