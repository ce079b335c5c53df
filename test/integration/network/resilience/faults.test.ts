import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from "node:net";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, type Dispatcher, fetch, request } from "undici";
import { afterEach, expect, test } from "vitest";
import {
  type ContextualOptions,
  type RequestContext,
  requestContext,
} from "../../../../src/network/policy.ts";
import { HedgePolicy } from "../../../../src/network/resilience/hedge-policy.ts";
import { OriginCircuits } from "../../../../src/network/resilience/origin-circuits.ts";
import { OriginLimits } from "../../../../src/network/resilience/origin-limits.ts";
import type { RetryPolicyOptions } from "../../../../src/network/resilience/retry-options.ts";
import { RetryPolicy } from "../../../../src/network/resilience/retry-policy.ts";
import { OriginServer } from "../../../../src/report/workloads/network/origin-server.ts";
import { selfSigned } from "../../../support/self-signed.ts";

const open: { readonly server: TcpServer; readonly sockets: Set<Socket> }[] = [];
const agents: Agent[] = [];

afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.destroy();
  for (const { server, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }
});

async function listening(server: TcpServer | Server, port = 0): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
  });
  open.push({ server, sockets });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A service that speaks bytes: `onRequest` gets each request whose head has come, and how many came before it. */
async function rawService(onRequest: (socket: Socket, index: number, head: string) => void): Promise<string> {
  let requests = 0;
  const server = createTcpServer((socket) => {
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk;
      const at = received.indexOf("\r\n\r\n");
      if (at < 0) return;
      const head = received.slice(0, at);
      received = received.slice(at + 4);
      onRequest(socket, requests++, head);
    });
  });
  return `http://127.0.0.1:${await listening(server)}`;
}

async function service(
  onRequest: (request: IncomingMessage, response: ServerResponse, index: number) => void,
): Promise<string> {
  let requests = 0;
  const server = createServer((request, response) => onRequest(request, response, requests++));
  return `http://127.0.0.1:${await listening(server)}`;
}

const good = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngood";

function client(options: RetryPolicyOptions = {}, agent = new Agent()) {
  agents.push(agent);
  const retry = new RetryPolicy({ baseDelayMs: 5, ...options });
  const limits = new OriginLimits();
  const dispatcher = agent.compose(
    limits.policy,
    new OriginCircuits({ failureRate: Number.POSITIVE_INFINITY }).policy,
    new HedgePolicy({ budget: retry.budget }).policy,
    retry.policy,
  );
  const get = (url: string, options: object = {}, context?: RequestContext) =>
    request(url, {
      dispatcher,
      ...options,
      ...(context && { [requestContext]: context }),
    } as ContextualOptions & { dispatcher: Dispatcher });
  return { dispatcher, retry, limits, get };
}

/** Eventually holds; how long that takes depends on the machine. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5);
}

test("a connection that is cut before the headers, or within them, is tried again", async () => {
  for (const sent of ["", "HTTP/1.1 200 O", "HTTP/1.1 200 OK\r\ncontent-le"]) {
    const url = await rawService((socket, index) => (index < 2 ? socket.end(sent) : socket.write(good)));
    const { get, retry, limits } = client();
    const response = await get(url);
    expect(await response.body.text()).toBe("good");
    expect(retry.stats()).toMatchObject({ retries: 2, recovered: 1 });
    expect(limits.stats().inFlight).toBe(0);
  }
});

test("a connection that is reset is tried again", async () => {
  const url = await rawService((socket, index) =>
    index < 1 ? socket.resetAndDestroy() : socket.write(good),
  );
  const { get } = client();
  expect(await (await get(url)).body.text()).toBe("good");
});

test("a short body that is cut is asked for again, by HTTP/1.1 and 2", async () => {
  for (const protocol of ["h1", "h2-only"] as const) {
    for (const cutBy of ["close", "stream"] as const) {
      let requests = 0;
      await using origin = await OriginServer.start({ protocol }, () => ({
        body: "x".repeat(20_000),
        ...(++requests <= 2 && { cut: "body" as const, cutBy }),
      }));
      const { get, retry, limits } = client({}, new Agent({ allowH2: true, connect: { ca: origin.ca } }));
      const response = await get(origin.url);
      expect(await response.body.text()).toBe("x".repeat(20_000));
      expect(retry.stats()).toMatchObject({ retries: 2, recovered: 1 });
      expect({ requests, inFlight: limits.stats().inFlight }).toEqual({ requests: 3, inFlight: 0 });
    }
  }
});

test("a body that is cut is an error, never short, and its request isn't sent again where its caller has the headers", async () => {
  for (const head of ["content-length: 100000", "transfer-encoding: chunked", "content-length: 100"]) {
    const isHeld = head.endsWith(" 100");
    let requests = 0;
    const url = await rawService((socket) => {
      requests++;
      socket.write(
        `HTTP/1.1 200 OK\r\n${head}\r\n\r\n${head.includes("chunked") ? "4\r\nhalf\r\n" : "half"}`,
      );
      setImmediate(() => socket.destroy());
    });
    const { get, limits } = client();
    const response = await get(url);
    await expect(response.body.text()).rejects.toMatchObject({ code: "UND_ERR_SOCKET" });
    expect(requests).toBe(isHeld ? 4 : 1);
    expect(limits.stats().inFlight).toBe(0);
  }
});

test("a call outlives the restart of its server", async () => {
  const first = createServer((_, response) => response.end("before"));
  const port = await listening(first);
  const url = `http://127.0.0.1:${port}`;
  const { get, retry } = client({ maxRetries: 100, maxDelayMs: 20 });
  retry.budget.succeed();
  for (let i = 0; i < 200; i++) retry.budget.succeed();
  expect(await (await get(url)).body.text()).toBe("before");
  first.closeAllConnections();
  await new Promise((resolve) => first.close(resolve));
  const answer = get(url);
  await until(() => retry.stats().retries >= 2);
  await listening(
    createServer((_, response) => response.end("after")),
    port,
  );
  expect(await (await answer).body.text()).toBe("after");
});

test("what was received is never sent again when it isn't idempotent", async () => {
  let requests = 0;
  const url = await rawService((socket) => {
    requests++;
    socket.destroy();
  });
  const { get } = client();
  await expect(get(url, { method: "POST", body: "pay" })).rejects.toMatchObject({ code: "UND_ERR_SOCKET" });
  expect(requests).toBe(1);
});

test("a stream that can be made anew arrives whole at the second attempt", async () => {
  const bodies: string[] = [];
  const url = await service(async (incoming, response) => {
    bodies.push(await text(incoming));
    response.writeHead(bodies.length < 3 ? 503 : 200).end("done");
  });
  const { get } = client();
  const makeBody = () => Readable.from(["a", "b".repeat(100_000), "c"]);
  const response = await get(url, { method: "PUT", body: makeBody() }, { makeBody });
  expect(response.statusCode).toBe(200);
  expect(bodies).toEqual(new Array(3).fill(`a${"b".repeat(100_000)}c`));
  const once = await get(url, { method: "PUT", body: makeBody() });
  await once.body.dump();
  expect(bodies.length).toBe(4);
});

test("an attempt whose headers drip is given up, and the next one answers", async () => {
  const url = await rawService((socket, index) => {
    if (index > 0) {
      socket.write(good);
      return;
    }
    socket.write("HTTP/1.1 200 OK\r\nx-drip: ");
    const drip = setInterval(() => socket.write("a"), 20);
    socket.on("close", () => clearInterval(drip));
  });
  const { get, retry } = client({ attemptTimeoutMs: 500, maxRetries: 10 });
  expect(await (await get(url)).body.text()).toBe("good");
  expect(retry.stats().attemptTimeouts).toBeGreaterThanOrEqual(1);
});

test("a body that drips is cut off by the deadline, as an error, and its connection is closed", async () => {
  let isClosed = false;
  const url = await service((_, response) => {
    response.writeHead(200, { "content-length": "1000000" });
    const drip = setInterval(() => response.write("a"), 20);
    response.on("close", () => {
      clearInterval(drip);
      isClosed = true;
    });
  });
  const { get, limits } = client();
  // The headers must be there by then, also when the machine stands still for a while.
  const timeoutMs = 5_000;
  const response = await get(url, {}, { deadline: performance.now() + timeoutMs, timeoutMs });
  await expect(response.body.text()).rejects.toMatchObject({ code: "VICTOR_DEADLINE", timeoutMs });
  await until(() => isClosed);
  expect(limits.stats().inFlight).toBe(0);
});

test("a certificate that nobody vouches for is an error at once: not retried, not ignored", async () => {
  let connections = 0;
  let requests = 0;
  const server = createHttpsServer(selfSigned(), (_, response) => {
    requests++;
    response.end();
  });
  server.on("connection", () => connections++);
  const port = await listening(server);
  const { get, retry } = client();
  await expect(get(`https://localhost:${port}`)).rejects.toMatchObject({
    code: "DEPTH_ZERO_SELF_SIGNED_CERT",
  });
  expect({ connections, requests, retries: retry.stats().retries }).toEqual({
    connections: 1,
    requests: 0,
    retries: 0,
  });
});

test("a permanent 503 is a response with its body, and each attempt's connection is used again", async () => {
  const sockets = new Set<Socket>();
  const url = await service((incoming, response) => {
    sockets.add(incoming.socket);
    response.writeHead(503).end("busy");
  });
  const { get, retry } = client();
  const response = await get(url);
  expect(response.statusCode).toBe(503);
  expect(await response.body.text()).toBe("busy");
  expect(retry.stats().retries).toBe(3);
  expect(sockets.size).toBe(1);
});

test("an early hint reaches the caller, and so does the answer", async () => {
  const url = await service((_, response) => {
    response.writeEarlyHints({ link: "</a.css>; rel=preload" }, () => response.end("page"));
  });
  const { get } = client();
  const hints: number[] = [];
  const onInfo = ({ statusCode }: { statusCode: number }) => hints.push(statusCode);
  expect(await (await get(url, { onInfo })).body.text()).toBe("page");
  expect(hints).toEqual([103]);
});

test("an abort by undici's own signal ends a call that waits to be retried, one that hangs, and one that queues", async () => {
  const url = await service((incoming, response) => {
    if (incoming.url === "/busy") response.writeHead(503, { "retry-after": "20" }).end();
  });
  const { get, retry, limits } = client();
  const aborter = new AbortController();
  const calls = ["/busy", "/hang"].map((path) => get(url + path, { signal: aborter.signal }));
  const single = new Agent({ connections: 1 });
  agents.push(single);
  const queued = request(`${url}/hang`, { dispatcher: single.compose(new RetryPolicy().policy) });
  queued.catch(() => undefined);
  calls.push(
    request(`${url}/hang`, {
      dispatcher: single.compose(new RetryPolicy().policy),
      signal: aborter.signal,
    }),
  );
  const outcomes = Promise.allSettled(calls);
  await until(() => retry.stats().retries === 1);
  aborter.abort(new Error("enough"));
  for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason: { message: "enough" } });
  expect(limits.stats().inFlight).toBe(0);
});

test("a request that is late is answered by a second one, and the first one's connection is closed", async () => {
  let isSlow = false;
  let closed = 0;
  let requests = 0;
  const url = await service((_, response) => {
    requests++;
    if (!isSlow) {
      response.end("quick");
      return;
    }
    isSlow = false;
    response.on("close", () => closed++);
  });
  const agent = new Agent({ connections: 2 });
  agents.push(agent);
  const hedge = new HedgePolicy({ maxLoad: 1, percentile: 0.5, minDelayMs: 20 });
  const dispatcher = agent.compose(hedge.policy);
  for (let i = 0; i < 100; i++) await (await request(url, { dispatcher })).body.text();
  const before = requests + hedge.stats().hedges;
  isSlow = true;
  expect(await (await request(url, { dispatcher })).body.text()).toBe("quick");
  await until(() => closed === 1);
  expect(requests).toBeGreaterThanOrEqual(before + 1);
  expect(hedge.stats().won).toBeGreaterThanOrEqual(1);
});

test("undici's fetch goes through all policies as well", async () => {
  const url = await service((_, response, index) => {
    response.writeHead(index === 0 ? 502 : 200).end("fetched");
  });
  const { dispatcher } = client();
  expect(await (await fetch(url, { dispatcher })).text()).toBe("fetched");
});

test("a thousand calls, of which a fifth fail in all ways, leave no permit out and no short body", async () => {
  const body = "x".repeat(2_000);
  let requests = 0;
  const url = await rawService((socket) => {
    const way = requests++ % 20;
    if (way === 3) socket.destroy();
    else if (way === 7) socket.end("HTTP/1.1 200 OK\r\ncontent-le");
    else if (way === 11) socket.write("HTTP/1.1 503 Busy\r\ncontent-length: 2\r\n\r\nno");
    else if (way === 17) {
      // Every other one is too long to be held back, so that its caller meets the cut.
      const bytes = requests % 40 === 18 ? 2_000 : 200_000;
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes}\r\n\r\n${body.slice(1000)}`);
      setImmediate(() => socket.destroy());
    } else socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 2000\r\n\r\n${body}`);
  });
  const { get, limits } = client();
  let [whole, cut] = [0, 0];
  const one = async () => {
    for (let i = 0; i < 50; i++) {
      try {
        const response = await get(url);
        if (response.statusCode === 200 && (await response.body.text()) === body) whole++;
        else await response.body.dump();
      } catch (error) {
        expect(["UND_ERR_SOCKET", "VICTOR_ATTEMPTS_FAILED"]).toContain((error as { code: string }).code);
        cut++;
      }
    }
  };
  await Promise.all(Array.from({ length: 20 }, one));
  expect(cut).toBeGreaterThan(0);
  expect(whole + cut).toBeGreaterThan(990);
  expect(limits.stats()).toMatchObject({ inFlight: 0, queued: 0 });
});
