// Runs named cases one after the other and prints a line of JSON for each: what came, with ports and times taken out.
import { once } from "node:events";
import http from "node:http";

const normal = (text) =>
  text
    .replaceAll(/(127\.0\.0\.1|localhost|\[::1\]|::1)(:)\d+/g, "$1$2PORT")
    .replaceAll(/(?<=[\w.\]]):\d{4,5}\b/g, ":PORT")
    .replaceAll(/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/g, "DATE")
    .replaceAll(/-{4,}[\w-]{10,}/g, "BOUNDARY")
    .replaceAll(/formdata-undici-\d+/g, "BOUNDARY")
    .replaceAll(/after \d+ms/g, "after N ms")
    .replaceAll(/"processID":\d+/g, '"processID":0')
    .replaceAll(/\/tmp\/[\w./-]+/g, "TEMPORARY");

/** An error as far as a program can tell it from another. */
export function shapeOf(error, depth = 0) {
  if (!(error instanceof Error)) return { thrown: plain(error) };
  return {
    name: error.name,
    constructor: error.constructor.name,
    message: error.message,
    code: error.code,
    keys: Object.keys(error).sort(),
    causes: depth < 4 && error.cause instanceof Error ? shapeOf(error.cause, depth + 1) : undefined,
    errors: Array.isArray(error.errors) ? error.errors.map((one) => shapeOf(one, depth + 1)) : undefined,
  };
}

function plain(value) {
  if (typeof value === "function") return `[function ${value.name}/${value.length}]`;
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Error) return shapeOf(value);
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  return value;
}

/** A case that hangs must not keep the others from being compared. */
async function ended(body) {
  const { promise, reject } = Promise.withResolvers();
  const timer = setTimeout(() => reject(new Error("the case hangs")), 20_000);
  try {
    return await Promise.race([promise, (async () => body())()]);
  } finally {
    clearTimeout(timer);
  }
}

export async function run(cases) {
  for (const [name, body] of Object.entries(cases)) {
    let line;
    try {
      line = { name, value: await ended(body) };
    } catch (error) {
      line = { name, error: shapeOf(error) };
    }
    process.stdout.write(`${normal(JSON.stringify(line, (_, value) => plain(value)))}\n`);
  }
}

/** A server that does what paths ask for, and counts its connections. */
export async function origin(extra = {}) {
  let connections = 0;
  const tries = new Map();
  const read = async (request) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  const routes = {
    "/json": (_, response) => response.setHeader("content-type", "application/json").end('{"a":1,"b":[2,3]}'),
    "/text": (_, response) => response.end("plain text"),
    "/bad-json": (_, response) => response.setHeader("content-type", "application/json").end("{not"),
    "/empty": (_, response) => response.writeHead(204).end(),
    "/echo": async (request, response) => {
      const body = await read(request);
      const { host: _, connection, date: __, ...headers } = request.headers;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ method: request.method, url: request.url, headers, connection, body: body.toString("latin1") }));
    },
    "/redirect": (_, response) => response.writeHead(302, { location: "/json" }).end(),
    "/redirect-307": (_, response) => response.writeHead(307, { location: "/echo" }).end(),
    "/redirect-303": (_, response) => response.writeHead(303, { location: "/echo" }).end(),
    "/loop": (_, response) => response.writeHead(302, { location: "/loop" }).end(),
    "/never": () => {},
    "/half": (_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half");
      setTimeout(() => response.destroy(), 20);
    },
    "/reset": (request) => request.socket.destroy(),
    "/slow-body": (_, response) => {
      response.write("a");
      setTimeout(() => response.end("b"), 30);
    },
    "/big": (_, response) => response.end("x".repeat(300_000)),
    "/cookies": (request, response) => {
      response.setHeader("set-cookie", ["a=1; Path=/", "b=2; Path=/; HttpOnly"]);
      response.end(request.headers.cookie ?? "none");
    },
    "/early-hints": (_, response) => {
      response.writeEarlyHints({ link: "</style.css>; rel=preload" });
      response.end("after hints");
    },
    ...extra,
  };
  const handler = async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://origin");
    const status = /^\/status\/(\d+)$/.exec(pathname)?.[1];
    const times = /^\/fails\/(\d+)\/(\w+)$/.exec(pathname);
    if (status) response.writeHead(Number(status), { "content-type": "text/plain" }).end(`status ${status}`);
    else if (times) {
      const count = (tries.get(pathname) ?? 0) + 1;
      tries.set(pathname, count);
      if (count <= Number(times[1])) response.writeHead(503, { "retry-after": "0" }).end("later");
      else response.end(`try ${count}`);
    } else if (pathname.startsWith("/coded/")) {
      const zlib = await import("node:zlib");
      const coding = pathname.slice(7);
      const encode = { gzip: zlib.gzipSync, br: zlib.brotliCompressSync, deflate: zlib.deflateSync, zstd: zlib.zstdCompressSync }[coding];
      response.setHeader("content-encoding", coding).end(encode(searchParams.get("text") ?? "coded text"));
    } else if (routes[pathname]) await routes[pathname](request, response);
    else response.writeHead(404).end("not here");
  };
  const server = http.createServer((request, response) => void handler(request, response).catch((error) => response.destroy(error)));
  server.on("connection", () => connections++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  return {
    server,
    port,
    url: `http://127.0.0.1:${port}`,
    named: `http://localhost:${port}`,
    connections: () => connections,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The same server at a path of the file system. */
export async function onSocket(listener, path) {
  const server = http.createServer(listener);
  server.listen(path);
  await once(server, "listening");
  return server;
}

/** A plain proxy of CONNECT and of absolute URLs. */
export async function proxy() {
  const net = await import("node:net");
  const seen = [];
  const server = http.createServer((request, response) => {
    seen.push(`${request.method} ${new URL(request.url).pathname}`);
    const { hostname, port, pathname, search } = new URL(request.url);
    const onward = http.request({ hostname, port, path: pathname + search, method: request.method, headers: request.headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  server.on("connect", (request, socket, head) => {
    seen.push("CONNECT");
    const [host, port] = request.url.split(":");
    const onward = net.connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: server.address().port,
    url: `http://127.0.0.1:${server.address().port}`,
    seen,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
