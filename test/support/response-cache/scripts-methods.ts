import { httpDate } from "./origin.ts";
import { epoch, type Script, type Step, script } from "./script.ts";

const at = (seconds: number): string => httpDate(epoch + seconds * 1000);
const cc = (value: string, rest = {}) => ({ "cache-control": value, ...rest });
const stored = (rest = {}, value = "max-age=10"): Step => ({ reply: { headers: cc(value, rest) } });
const notModified = (headers = {}) => ({ status: 304, headers });

/** RFC 9111, 4.3.5; RFC 9110, 9.3.2: HEAD. */
export const headScripts: readonly Script[] = [
  script("HEAD is answered from a stored GET", stored({ "content-type": "a/b" }, "max-age=100"), {
    method: "HEAD",
    text: "",
    has: { "content-type": "a/b" },
  }),
  script(
    "HEAD is kept for HEAD",
    { method: "HEAD", ...stored({}, "max-age=100") },
    { method: "HEAD", text: "" },
  ),
  script(
    "GET isn't answered from a stored HEAD",
    { method: "HEAD", ...stored({}, "max-age=100") },
    { asks: true, from: 2 },
  ),
  script(
    "HEAD updates a stored GET",
    stored({ etag: '"1"' }),
    {
      after: 20,
      method: "HEAD",
      asks: true,
      reply: { headers: cc("max-age=100", { etag: '"1"', "x-n": "1" }) },
      text: "",
    },
    { after: 50, from: 1, has: { "x-n": "1", age: "50" } },
  ),
  script(
    "HEAD of another representation ends a stored GET",
    stored({ etag: '"1"' }, "max-age=100"),
    {
      method: "HEAD",
      headers: { "cache-control": "no-cache" },
      asks: true,
      reply: { headers: cc("max-age=100", { etag: '"2"' }) },
    },
    { asks: true, from: 3 },
  ),
  script(
    "HEAD with another length ends a stored GET",
    { reply: { body: "abc", headers: cc("max-age=100") } },
    {
      method: "HEAD",
      headers: { "cache-control": "no-cache" },
      asks: true,
      reply: { headers: cc("max-age=100", { "content-length": "4" }) },
    },
    { asks: true, from: 3 },
  ),
  script("a stale GET is validated by HEAD", stored({ etag: '"1"' }), {
    after: 20,
    method: "HEAD",
    asks: true,
    status: 200,
    text: "",
    sends: { "if-none-match": '"1"' },
    reply: notModified({ etag: '"1"' }),
  }),
];

const changing = ["POST", "PUT", "DELETE", "PATCH", "M-SEARCH"];

/** RFC 9111, 4.4; RFC 9110, 9.3.3: unsafe methods. */
export const invalidationScripts: readonly Script[] = [
  ...changing.map((method) =>
    script(
      `${method} invalidates`,
      stored({}, "max-age=100"),
      { method, asks: true },
      { asks: true, from: 3 },
    ),
  ),
  ...["HEAD", "OPTIONS", "TRACE"].map((method) =>
    script(
      `${method} doesn't invalidate`,
      stored({}, "max-age=100"),
      { method, asks: method !== "HEAD" },
      { from: 1 },
    ),
  ),
  script(
    "a redirect of an unsafe request invalidates",
    stored({}, "max-age=100"),
    { method: "POST", asks: true, reply: { status: 303 } },
    { asks: true, from: 3 },
  ),
  ...[400, 404, 500, 503].map((status) =>
    script(
      `an unsafe request that ends in ${status} doesn't invalidate`,
      stored({}, "max-age=100"),
      { method: "POST", asks: true, reply: { status } },
      { from: 1 },
    ),
  ),
  script(
    "an unsafe request of which nothing is heard invalidates",
    stored({}, "max-age=100"),
    { method: "POST", asks: true, reply: { cut: "before" }, fails: true },
    { asks: true, from: 3 },
  ),
  ...["location", "content-location"].map((field) =>
    script(
      `an unsafe request invalidates its ${field}`,
      { path: "/b", ...stored({}, "max-age=100") },
      { path: "/a", method: "POST", asks: true, reply: { headers: { [field]: "/b" } } },
      { path: "/b", asks: true, from: 3 },
    ),
  ),
  ...["location", "content-location"].map((field) =>
    script(
      `an unsafe request doesn't invalidate a ${field} of another origin`,
      { path: "/b", ...stored({}, "max-age=100") },
      { path: "/a", method: "POST", asks: true, reply: { headers: { [field]: "http://elsewhere.test/b" } } },
      { path: "/b", from: 1 },
    ),
  ),
  script(
    "an unsafe request invalidates all variants",
    { headers: { "x-a": "1" }, ...stored({ vary: "x-a" }, "max-age=100") },
    { headers: { "x-a": "2" }, asks: true, reply: { headers: cc("max-age=100", { vary: "x-a" }) } },
    { method: "PUT", asks: true },
    { headers: { "x-a": "1" }, asks: true, from: 4 },
    { headers: { "x-a": "2" }, asks: true, from: 5 },
  ),
  script(
    "an unsafe request leaves other paths",
    { path: "/b", ...stored({}, "max-age=100") },
    { method: "PUT", asks: true },
    { path: "/b", from: 1 },
  ),
  script("POST is never answered from the cache", stored({}, "max-age=100"), {
    method: "POST",
    asks: true,
    from: 2,
  }),
  script(
    "the response to a POST isn't kept",
    { method: "POST", reply: { headers: cc("max-age=100") } },
    { asks: true, from: 2 },
  ),
  script(
    "the response to a POST is kept when it says that it is what is there",
    { method: "POST", reply: { headers: cc("max-age=100", { "content-location": "/a" }) } },
    { from: 1 },
    { method: "HEAD", text: "" },
    { method: "POST", asks: true, from: 4 },
  ),
  script(
    "the response to a POST isn't kept by a heuristic",
    { method: "POST", reply: { headers: { "last-modified": at(-1000), "content-location": "/a" } } },
    { asks: true, from: 2 },
  ),
  script(
    "the response to a POST isn't kept for another URL",
    { method: "POST", reply: { headers: cc("max-age=100", { "content-location": "/b" }) } },
    { asks: true, from: 2 },
    { path: "/b", asks: true, from: 3 },
  ),
];
