import { httpDate } from "./origin.ts";
import { epoch, type Script, type Step, script } from "./script.ts";

const at = (seconds: number): string => httpDate(epoch + seconds * 1000);
const cc = (value: string, rest = {}) => ({ "cache-control": value, ...rest });
const stored = (rest = {}, value = "max-age=10"): Step => ({ reply: { headers: cc(value, rest) } });
const notModified = (headers = {}) => ({ status: 304, headers });
/** The origin confirms, and the client gets what was stored. */
const confirmed = (headers = {}): Partial<Step> => ({
  asks: true,
  status: 200,
  from: 1,
  reply: notModified(headers),
});

/** RFC 9111, 4.3 and 3.2; RFC 9110, 13: validation. */
export const validationScripts: readonly Script[] = [
  script("an ETag is sent back, and 304 confirms it", stored({ etag: '"1"' }), {
    after: 20,
    ...confirmed({ etag: '"1"' }),
    sends: { "if-none-match": '"1"' },
  }),
  script("Last-Modified is sent back as If-Modified-Since", stored({ "last-modified": at(-500) }), {
    after: 20,
    ...confirmed(),
    sends: { "if-modified-since": at(-500), "if-none-match": undefined },
  }),
  script("both are sent back", stored({ etag: '"1"', "last-modified": at(-500) }), {
    after: 20,
    ...confirmed({ etag: '"1"' }),
    sends: { "if-modified-since": at(-500), "if-none-match": '"1"' },
  }),
  script("a weak ETag is sent back, and 304 confirms it", stored({ etag: 'W/"1"' }), {
    after: 20,
    ...confirmed({ etag: 'W/"1"' }),
    sends: { "if-none-match": 'W/"1"' },
  }),
  script("strength doesn't matter for a 304", stored({ etag: 'W/"1"' }), {
    after: 20,
    ...confirmed({ etag: '"1"' }),
  }),
  script("an ETag without quotes is sent back as it is", stored({ etag: "abc" }), {
    after: 20,
    ...confirmed({ etag: "abc" }),
    sends: { "if-none-match": "abc" },
  }),
  script("an ETag with a comma and an umlaut is one", stored({ etag: '"a,b-ä"' }), {
    after: 20,
    ...confirmed({}),
  }),
  script("what has no validator is asked for anew", stored(), {
    after: 20,
    asks: true,
    from: 2,
    sends: { "if-none-match": undefined, "if-modified-since": undefined },
  }),
  script("a wrong Last-Modified is no validator", stored({ "last-modified": "once" }), {
    after: 20,
    asks: true,
    from: 2,
    sends: { "if-modified-since": undefined },
  }),
  script(
    "a 304 makes it fresh again",
    stored({ etag: '"1"' }),
    { after: 20, ...confirmed({ etag: '"1"' }) },
    { after: 9, from: 1, has: { age: "9" } },
    { after: 2, ...confirmed({ etag: '"1"' }) },
  ),
  script(
    "a 304 brings a new lifetime",
    stored({ etag: '"1"' }),
    { after: 20, ...confirmed(cc("max-age=1000", { etag: '"1"' })) },
    { after: 900, from: 1, has: { "cache-control": "max-age=1000" } },
  ),
  script(
    "a 304 brings a new Expires",
    { reply: { headers: { expires: at(10), etag: '"1"' } } },
    { after: 20, ...confirmed({ expires: at(1000), etag: '"1"' }) },
    { after: 900, from: 1 },
  ),
  script(
    "a 304 updates fields, adds new ones and leaves others",
    stored({ etag: '"1"', "x-a": "1", "x-b": "1" }),
    {
      after: 20,
      ...confirmed({ etag: '"1"', "x-a": "2", "x-c": "2" }),
      has: { "x-a": "2", "x-b": "1", "x-c": "2" },
    },
    { from: 1, has: { "x-a": "2", "x-b": "1", "x-c": "2" } },
  ),
  script(
    "a 304 leaves Content-Length, Content-Encoding and Content-Range",
    {
      reply: {
        body: "abc",
        headers: cc("max-age=10", { etag: '"1"', "content-length": "3", "content-encoding": "x" }),
      },
    },
    {
      after: 20,
      asks: true,
      status: 200,
      text: "abc",
      reply: notModified({
        etag: '"1"',
        "content-length": "0",
        "content-encoding": "y",
        "content-range": "bytes 0-1/2",
      }),
      has: { "content-length": "3", "content-encoding": "x", "content-range": undefined },
    },
  ),
  script("a 304 updates Content-Type", stored({ etag: '"1"', "content-type": "a/b" }), {
    after: 20,
    ...confirmed({ etag: '"1"', "content-type": "c/d" }),
    has: { "content-type": "c/d" },
  }),
  script("a 304 doesn't bring in fields of the connection", stored({ etag: '"1"' }), {
    after: 20,
    ...confirmed({ etag: '"1"', connection: "x-h", "x-h": "1" }),
    has: { "x-h": undefined },
  }),
  script(
    "a 304 brings its own Age, and ends the former",
    stored({ etag: '"1"', age: "5" }),
    { after: 20, ...confirmed({ etag: '"1"', age: "3" }) },
    { after: 6, from: 1, has: { age: "9" } },
    { after: 1, ...confirmed({ etag: '"1"' }) },
    { after: 9, from: 1, has: { age: "9" } },
  ),
  script(
    "a 304 with no-store ends the storing",
    stored({ etag: '"1"' }),
    { after: 20, ...confirmed(cc("no-store", { etag: '"1"' })) },
    { asks: true, from: 3, sends: { "if-none-match": undefined } },
  ),
  script("a 304 with another ETag isn't about what is stored", stored({ etag: '"1"' }), {
    after: 20,
    asks: true,
    from: 2,
    status: 200,
    reply: (_now, { headers }) => (headers["if-none-match"] ? notModified({ etag: '"2"' }) : { status: 200 }),
  }),
  script(
    "a 200 replaces what is stored",
    stored({ etag: '"1"' }),
    { after: 20, asks: true, from: 2, reply: { headers: cc("max-age=10", { etag: '"2"' }) } },
    { after: 5, from: 2, has: { etag: '"2"' } },
  ),
  script(
    "a 200 that may not be stored ends what is stored",
    stored({ etag: '"1"' }),
    { after: 20, asks: true, from: 2, reply: { headers: cc("no-store") } },
    { headers: { "cache-control": "max-stale" }, asks: true, from: 3, sends: { "if-none-match": undefined } },
  ),
  script(
    "no-cache is validated each time",
    stored({ etag: '"1"' }, "no-cache"),
    { ...confirmed({ etag: '"1"' }), sends: { "if-none-match": '"1"' } },
    { ...confirmed({ etag: '"1"' }) },
  ),
  script(
    "must-revalidate is validated once it is stale",
    stored({ etag: '"1"' }, "max-age=10, must-revalidate"),
    {
      after: 20,
      ...confirmed({ etag: '"1"' }),
    },
  ),
  script("a request's no-cache is a validation", stored({ etag: '"1"' }), {
    headers: { "cache-control": "no-cache" },
    ...confirmed({ etag: '"1"' }),
    sends: { "if-none-match": '"1"', "cache-control": "no-cache" },
  }),
  script(
    "a stored 404 is validated too",
    { reply: { status: 404, headers: cc("max-age=10", { etag: '"1"' }) } },
    {
      after: 20,
      asks: true,
      status: 404,
      from: 1,
      reply: notModified({ etag: '"1"' }),
    },
  ),

  script("a client that has it is told so from the cache", stored({ etag: '"1"' }), {
    headers: { "if-none-match": '"1"' },
    status: 304,
    text: "",
    has: { etag: '"1"', "cache-control": "max-age=10", "content-length": undefined },
  }),
  script("a client's weak tag is the same", stored({ etag: '"1"' }), {
    headers: { "if-none-match": 'W/"1"' },
    status: 304,
  }),
  script("a client's list of tags is looked through", stored({ etag: '"1"' }), {
    headers: { "if-none-match": '"0", "a,b" ,W/"1"' },
    status: 304,
  }),
  script("a client's * is any", stored({ etag: '"1"' }), { headers: { "if-none-match": "*" }, status: 304 }),
  script("a client that has another is given what is stored", stored({ etag: '"1"' }), {
    headers: { "if-none-match": '"2"' },
    from: 1,
  }),
  script("a client with a date is told that nothing is newer", stored({ "last-modified": at(-500) }), {
    headers: { "if-modified-since": at(-500) },
    status: 304,
  }),
  script("a client with an older date is given what is stored", stored({ "last-modified": at(-500) }), {
    headers: { "if-modified-since": at(-501) },
    from: 1,
  }),
  script("a client with a wrong date is given what is stored", stored({ "last-modified": at(-500) }), {
    headers: { "if-modified-since": "lately" },
    from: 1,
  }),
  script("a client's date counts against Date where nothing else is", stored(), {
    headers: { "if-modified-since": at(0) },
    status: 304,
  }),
  script("a client's date means nothing beside its tag", stored({ etag: '"1"', "last-modified": at(-500) }), {
    headers: { "if-none-match": '"2"', "if-modified-since": at(0) },
    from: 1,
  }),
  script(
    "a client's condition means nothing to a stored 404",
    { reply: { status: 404, headers: cc("max-age=10", { etag: '"1"' }) } },
    {
      headers: { "if-none-match": '"1"' },
      status: 404,
      from: 1,
    },
  ),
  script("If-Match is left to the origin", stored({ etag: '"1"' }), {
    headers: { "if-match": '"1"' },
    asks: true,
    from: 2,
  }),
  script("If-Unmodified-Since is left to the origin", stored({ etag: '"1"' }), {
    headers: { "if-unmodified-since": at(0) },
    asks: true,
    from: 2,
  }),
  script("a client's tag and the stored one are asked for together", stored({ etag: '"1"' }), {
    after: 20,
    headers: { "if-none-match": '"0"' },
    ...confirmed({ etag: '"1"' }),
    sends: { "if-none-match": '"0", "1"' },
  }),
  script("a 304 about the client's own tag is passed on", stored({ etag: '"1"' }), {
    after: 20,
    headers: { "if-none-match": '"0"' },
    asks: true,
    status: 304,
    reply: notModified({ etag: '"0"' }),
  }),
  script("a client that has what is confirmed is told so", stored({ etag: '"1"' }), {
    after: 20,
    headers: { "if-none-match": '"1"' },
    asks: true,
    status: 304,
    reply: notModified({ etag: '"1"' }),
    sends: { "if-none-match": '"1"' },
  }),
  script(
    "a 304 to a client's condition freshens for the next",
    stored({ etag: '"1"' }),
    {
      after: 20,
      headers: { "if-none-match": '"1"' },
      asks: true,
      status: 304,
      reply: notModified({ etag: '"1"' }),
    },
    { after: 5, from: 1 },
  ),
  script(
    "a 304 to a client's * without a tag confirms nothing",
    stored({ etag: '"1"' }),
    { after: 20, headers: { "if-none-match": "*" }, asks: true, status: 304, reply: notModified() },
    { asks: true, from: 3 },
  ),
  script(
    "a 429 or a 401 leaves what is stored where it is",
    stored({ etag: '"1"' }),
    { after: 20, asks: true, status: 429, reply: { status: 429 } },
    { asks: true, status: 401, reply: { status: 401 } },
    { ...confirmed({ etag: '"1"' }), sends: { "if-none-match": '"1"' } },
  ),
  script(
    "a client's condition with nothing stored is passed on, and a 200 is stored",
    {
      headers: { "if-none-match": '"0"' },
      sends: { "if-none-match": '"0"' },
      reply: { headers: cc("max-age=10") },
    },
    { from: 1 },
  ),
];
