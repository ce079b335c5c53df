// got: bodies, redirects, retries, timeouts, hooks, cookies, streams, pagination, sockets, agents.
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { Writable } from "node:stream";
import got, { CancelError } from "got";
import { CookieJar } from "tough-cookie";
import { onSocket, origin, pause, run } from "../harness.mjs";

const server = await origin();
const socketPath = path.join(os.tmpdir(), `got-${process.pid}.sock`);
const atSocket = await onSocket((request, response) => response.end(`at a socket ${request.url}`), socketPath);
const client = got.extend({ prefixUrl: server.named, retry: { limit: 0 } });
const brief = ({ statusCode, body, url, redirectUrls, retryCount, isFromCache }) => ({ statusCode, body, url, redirects: redirectUrls.map(String), retryCount, isFromCache });

await run({
  text: async () => brief(await client("text")),
  json: () => client("json").json(),
  buffer: () => client("text").buffer(),
  badJson: () => client("bad-json").json(),
  empty: async () => brief(await client("empty")),
  post: () => client.post("echo", { json: { a: 1 } }).json(),
  form: () => client.post("echo", { form: { a: "1", b: "x y" } }).json(),
  put: () => client.put("echo", { body: "put" }).json(),
  search: () => client("echo", { searchParams: { q: "a b", n: 1 } }).json(),
  headers: () => client("echo", { headers: { "x-test": "1", "user-agent": undefined } }).json(),
  auth: () => client("echo", { username: "u", password: "p" }).json(),
  notFound: () => client("none"),
  notFoundQuiet: async () => brief(await client("none", { throwHttpErrors: false })),
  unavailable: () => client("status/503"),
  redirect: async () => brief(await client("redirect")),
  redirect307: async () => (await client.post("redirect-307", { json: { a: 1 } }).json()).body,
  redirect303: async () => (await client.post("redirect-303", { json: { a: 1 } }).json()).method,
  loop: () => client("loop", { maxRedirects: 3 }),
  noFollow: async () => brief(await client("redirect", { followRedirect: false })),
  refused: () => got("http://localhost:1/", { retry: { limit: 0 } }),
  missing: () => got("http://name.invalid/", { retry: { limit: 0 } }),
  reset: () => client("reset"),
  half: () => client("half"),
  retried: async () => brief(await client("fails/2/retried", { retry: { limit: 3, calculateDelay: ({ computedValue }) => (computedValue ? 1 : 0) } })),
  retriedInVain: () => client("status/502", { retry: { limit: 2, calculateDelay: ({ computedValue }) => (computedValue ? 1 : 0) } }),
  timeoutRequest: () => client("never", { timeout: { request: 60 } }),
  timeoutResponse: () => client("never", { timeout: { response: 60 } }),
  timeoutLookup: () => got("http://never.test", { retry: { limit: 0 }, timeout: { lookup: 5 }, dnsLookup: () => {} }),
  ownLookup: () => got(`http://own.test:${server.port}/text`, { dnsLookup: (_, options, done) => (options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4)) }).text(),
  dnsCache: () => client("text", { dnsCache: true }).text(),
  family: () => client("text", { dnsLookupIpVersion: 4 }).text(),
  aborted: () => client("never", { signal: AbortSignal.timeout(30) }),
  canceled: async () => {
    const promise = client("never");
    setTimeout(() => promise.cancel(), 20);
    await promise.catch((error) => {
      throw Object.assign(error, { isCancel: error instanceof CancelError, isCanceled: promise.isCanceled });
    });
  },
  hooks: async () => {
    const seen = [];
    const answer = await client("text", {
      hooks: {
        init: [() => seen.push("init")],
        beforeRequest: [(options) => void seen.push(`beforeRequest ${options.method}`)],
        afterResponse: [(response) => (seen.push("afterResponse"), response)],
        beforeError: [(error) => (seen.push("beforeError"), error)],
      },
    });
    return [seen, answer.statusCode];
  },
  beforeErrorHook: () => client("none", { hooks: { beforeError: [(error) => Object.assign(error, { note: "seen" })] } }),
  cookies: async () => {
    const cookieJar = new CookieJar();
    await client("cookies", { cookieJar });
    return client("cookies", { cookieJar }).text();
  },
  gzip: () => client("coded/gzip").text(),
  brotli: () => client("coded/br").text(),
  compressedRaw: async () => (await client("coded/gzip", { decompress: false, responseType: "buffer" })).headers["content-encoding"],
  stream: async () => {
    let size = 0;
    await pipeline(client.stream("big"), new Writable({ write: (chunk, _, done) => ((size += chunk.length), done()) }));
    return size;
  },
  streamEvents: async () => {
    const stream = client.stream("slow-body");
    const events = [];
    for (const name of ["request", "response", "redirect", "end", "close"]) stream.on(name, () => events.push(name));
    stream.resume();
    await new Promise((resolve) => stream.once("end", resolve));
    return events.filter((name) => name !== "close");
  },
  streamError: async () => {
    const stream = client.stream("none");
    stream.resume();
    await new Promise((_, reject) => stream.once("error", reject));
  },
  streamPost: async () => {
    const stream = client.stream.post("echo");
    stream.end("streamed");
    let text = "";
    for await (const chunk of stream) text += chunk;
    return JSON.parse(text).body;
  },
  progress: async () => {
    const stream = client.stream("big");
    let last;
    stream.on("downloadProgress", (progress) => (last = progress));
    stream.resume();
    await new Promise((resolve) => stream.once("end", resolve));
    return last;
  },
  timings: async () => {
    const { timings } = await client("text");
    return [Object.keys(timings), Object.keys(timings.phases), typeof timings.phases.dns];
  },
  pagination: () => got.paginate.all("echo", { prefixUrl: server.url, pagination: { countLimit: 3, transform: (response) => [JSON.parse(response.body).url], paginate: ({ currentItems }) => (currentItems.length ? { searchParams: { after: currentItems[0].length } } : false) } }),
  unixSocket: () => got(`http://unix:${socketPath}:/here`, { enableUnixSockets: true }).text(),
  unixSocketOff: () => got(`http://unix:${socketPath}:/here`, { enableUnixSockets: false }),
  ownAgent: async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const before = server.connections();
    await Promise.all([1, 2, 3].map(() => client("text", { agent: { http: agent } })));
    agent.destroy();
    return server.connections() - before;
  },
  globalAgentReuse: async () => {
    await client("text");
    await pause(20);
    const before = server.connections();
    await client("text");
    return server.connections() - before;
  },
  cache: async () => {
    const cache = new Map();
    await client("text", { cache });
    return brief(await client("text", { cache }));
  },
  responseKeys: async () => Object.keys(await client("text")).sort(),
  extended: () => client.extend({ headers: { "x-extended": "1" } })("echo").json(),
  earlyHints: () => client("early-hints").text(),
  badUrl: () => got("not a url"),
  badOption: () => got(server.url, { unknownOption: 1 }),
});
http.globalAgent.destroy();
server.close();
atSocket.close();
