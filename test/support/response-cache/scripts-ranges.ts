import { httpDate, type Reply } from "./origin.ts";
import { epoch, type Script, type Step, script } from "./script.ts";

const at = (seconds: number): string => httpDate(epoch + seconds * 1000);
const cc = (value: string, rest = {}) => ({ "cache-control": value, ...rest });
const notModified = (headers = {}) => ({ status: 304, headers });

const full = (rest = {}): Step => ({
  reply: { body: "0123456789", headers: cc("max-age=100", { "content-length": "10", ...rest }) },
});
const range = (value: string, rest = {}) => ({ headers: { range: value, ...rest } });
const part = (from: number, to: number, rest = {}): Reply => ({
  status: 206,
  body: "0123456789".slice(from, to + 1),
  headers: cc("max-age=100", {
    etag: '"1"',
    "content-range": `bytes ${from}-${to}/10`,
    "content-length": String(to - from + 1),
    ...rest,
  }),
});

/** RFC 9111, 3.3 and 3.4; RFC 9110, 14: parts. */
export const rangeScripts: readonly Script[] = [
  script("a range is answered from the whole", full(), {
    ...range("bytes=2-4"),
    status: 206,
    text: "234",
    has: { "content-range": "bytes 2-4/10", "content-length": "3" },
  }),
  script("the last bytes are", full(), { ...range("bytes=-3"), status: 206, text: "789" }),
  script("more last bytes than there are are all", full(), {
    ...range("bytes=-30"),
    status: 206,
    text: "0123456789",
  }),
  script("from a byte on is", full(), { ...range("bytes=7-"), status: 206, text: "789" }),
  script("a range beyond the end is cut", full(), { ...range("bytes=7-100"), status: 206, text: "789" }),
  script("a range of nothing is 416", full(), {
    ...range("bytes=10-"),
    status: 416,
    text: "",
    has: { "content-range": "bytes */10" },
  }),
  script("several ranges are left to the origin", full(), { ...range("bytes=0-1,4-5"), asks: true, from: 2 }),
  script("another unit is left to the origin", full(), { ...range("lines=0-1"), asks: true, from: 2 }),
  script("a wrong range is left to the origin", full(), { ...range("bytes=4-2"), asks: true, from: 2 }),
  script("If-Range with the tag gives a part", full({ etag: '"1"' }), {
    ...range("bytes=2-4", { "if-range": '"1"' }),
    status: 206,
    text: "234",
  }),
  script("If-Range with another tag gives the whole", full({ etag: '"1"' }), {
    ...range("bytes=2-4", { "if-range": '"2"' }),
    status: 200,
    text: "0123456789",
  }),
  script("If-Range with a weak tag gives the whole", full({ etag: 'W/"1"' }), {
    ...range("bytes=2-4", { "if-range": 'W/"1"' }),
    text: "0123456789",
  }),
  script("If-Range with the date gives a part", full({ "last-modified": at(-500) }), {
    ...range("bytes=2-4", { "if-range": at(-500) }),
    status: 206,
    text: "234",
  }),
  script("If-Range with a later date gives the whole", full({ "last-modified": at(-500) }), {
    ...range("bytes=2-4", { "if-range": at(-400) }),
    text: "0123456789",
  }),
  script("a range of a stale response is validated first", full({ etag: '"1"' }), {
    after: 200,
    ...range("bytes=2-4"),
    asks: true,
    status: 206,
    text: "234",
    sends: { "if-none-match": '"1"', range: "bytes=2-4" },
    reply: notModified({ etag: '"1"' }),
  }),
  script("Range means nothing to HEAD", full(), {
    method: "HEAD",
    ...range("bytes=2-4"),
    status: 200,
    text: "",
  }),
  script(
    "Range means nothing to a stored 404",
    { reply: { status: 404, body: "0123", headers: cc("max-age=100") } },
    {
      ...range("bytes=1-2"),
      status: 404,
      text: "0123",
    },
  ),

  script(
    "a part is kept, and answers for what is in it",
    { ...range("bytes=2-6"), reply: part(2, 6) },
    { ...range("bytes=2-6"), status: 206, text: "23456", has: { "content-range": "bytes 2-6/10" } },
    { ...range("bytes=3-4"), status: 206, text: "34", has: { "content-range": "bytes 3-4/10" } },
    { ...range("bytes=5-7"), asks: true, from: 4 },
  ),
  script(
    "a part isn't the whole",
    { ...range("bytes=2-6"), reply: part(2, 6) },
    { asks: true, from: 2, sends: { range: undefined } },
  ),
  script(
    "a part that is all is the whole",
    { ...range("bytes=0-"), reply: part(0, 9) },
    { status: 200, text: "0123456789", has: { "content-range": undefined, "content-length": "10" } },
  ),
  script(
    "parts of the same representation are put together",
    { ...range("bytes=0-4"), reply: part(0, 4) },
    { ...range("bytes=5-9"), asks: true, reply: part(5, 9) },
    { status: 200, text: "0123456789", has: { "content-length": "10", "content-range": undefined } },
    { ...range("bytes=3-6"), status: 206, text: "3456" },
  ),
  script(
    "parts that overlap are put together",
    { ...range("bytes=4-8"), reply: part(4, 8) },
    { ...range("bytes=1-5"), asks: true, reply: part(1, 5) },
    { ...range("bytes=1-8"), status: 206, text: "12345678" },
  ),
  script(
    "parts of different users aren't put together",
    { ...range("bytes=0-4", { authorization: "x" }), reply: part(0, 4) },
    { ...range("bytes=5-9", { authorization: "y" }), asks: true, reply: part(5, 9) },
    { headers: { authorization: "y" }, asks: true, from: 3 },
  ),
  script(
    "parts of different representations aren't put together",
    { ...range("bytes=0-4"), reply: part(0, 4) },
    { ...range("bytes=5-9"), asks: true, reply: part(5, 9, { etag: '"2"' }) },
    { asks: true, from: 3 },
  ),
  script(
    "parts with weak tags aren't put together",
    { ...range("bytes=0-4"), reply: part(0, 4, { etag: 'W/"1"' }) },
    { ...range("bytes=5-9"), asks: true, reply: part(5, 9, { etag: 'W/"1"' }) },
    { asks: true, from: 3 },
  ),
  script(
    "a part that isn't what it says is not kept",
    { ...range("bytes=0-4"), reply: { ...part(0, 4, { "content-length": "3" }), body: "012" } },
    { ...range("bytes=0-4"), asks: true, from: 2 },
  ),
  script(
    "a part without Content-Range is not kept",
    { ...range("bytes=0-4"), reply: part(0, 4, { "content-range": undefined }) },
    { ...range("bytes=0-4"), asks: true, from: 2 },
  ),
  script("a 206 that nobody asked for is not kept", { reply: part(0, 4) }, { asks: true, from: 2 }),
  script(
    "a 200 to a range is kept as the whole",
    { ...range("bytes=0-4"), ...full() },
    { text: "0123456789" },
  ),
  script(
    "a client that has the part's representation is told so",
    { ...range("bytes=0-4"), reply: part(0, 4) },
    { headers: { "if-none-match": '"1"' }, status: 304 },
  ),
];
