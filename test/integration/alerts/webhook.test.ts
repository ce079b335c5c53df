import { spawn } from "node:child_process";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import {
  AlertMonitor,
  type AlertNotification,
  logSink,
  verifyWebhook,
  webhookSink,
} from "../../../src/alerts/index.ts";
import { AlertDeliveryError } from "../../../src/errors.ts";
import { MetricRegistry } from "../../../src/metrics/index.ts";
import { httpServer, socketServer } from "../../support/local-http.ts";

const secret = "a secret of the receiver";
const notification: AlertNotification = {
  id: "5f0e",
  state: "firing",
  rule: "slow",
  kind: "threshold",
  severity: "critical",
  labels: { route: "/ä" },
  value: 2,
  reason: "took: 2 is above 1",
  atUnixMs: 0,
  firedForMs: 0,
};

interface Received {
  readonly request: IncomingMessage;
  readonly body: Buffer;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** A receiver that answers each request in turn as told, the last answer for ever. */
async function receiver(...answers: readonly ((response: ServerResponse) => void)[]) {
  const received: Received[] = [];
  const server = await httpServer(async (request, response) => {
    const body = await bodyOf(request);
    received.push({ request, body });
    answers[Math.min(received.length, answers.length) - 1]!(response);
  });
  return { server, received, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const status =
  (code: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(code, headers).end("x".repeat(100_000));
  };
const hang = (): void => undefined;
const cut = (response: ServerResponse): void => {
  response.socket!.destroy();
};
const ok = status(204);

/** With the shortest waits, and all the time that a busy machine may need. */
const sinkOf = (origin: string, options = {}) =>
  webhookSink({
    url: `${origin}/hooks/hush-hush?token=hush-hush`,
    secret,
    random: () => 0,
    attemptTimeoutMs: 60_000,
    timeoutMs: 100_000,
    ...options,
  });

const failure = (work: void | Promise<void>): Promise<unknown> =>
  Promise.resolve(work).then(
    () => undefined,
    (error: unknown) => error,
  );

describe("a webhook", () => {
  test("is signed, so that its receiver can tell it from a forged one", async () => {
    await using other = await receiver(ok);
    await sinkOf(other.server.origin, { headers: { authorization: "Bearer x" } }).notify(
      notification,
      new AbortController().signal,
    );
    const { request, body } = other.received[0]!;
    expect(request.method).toBe("POST");
    expect(request.headers).toMatchObject({
      "content-type": "application/json",
      authorization: "Bearer x",
      "x-victor-delivery": "5f0e-firing",
    });
    expect(JSON.parse(body.toString())).toEqual(notification);
    const signed = {
      timestamp: request.headers["x-victor-timestamp"] as string,
      signature: request.headers["x-victor-signature"] as string,
    };
    expect(verifyWebhook({ secret, body, ...signed })).toBe(true);
    expect(verifyWebhook({ secret, body: Buffer.concat([body, Buffer.from(" ")]), ...signed })).toBe(false);
  });

  test("is sent again after 500, 429 and a cut connection, as the same delivery", async () => {
    await using other = await receiver(status(500), status(429), cut, ok);
    await sinkOf(other.server.origin).notify(notification, new AbortController().signal);
    expect(other.received.map(({ request }) => request.headers["x-victor-delivery"])).toEqual(
      Array.from({ length: 4 }, () => "5f0e-firing"),
    );
  });

  test("is sent again when there is no answer in time", async () => {
    await using other = await receiver(hang, ok);
    await sinkOf(other.server.origin, { attemptTimeoutMs: 500 }).notify(
      notification,
      new AbortController().signal,
    );
    expect(other.received.length).toBeGreaterThanOrEqual(2);
  });

  test("that is refused is not sent again, and the error holds no secret", async () => {
    await using other = await receiver(status(403));
    const error = await failure(
      sinkOf(other.server.origin).notify(notification, new AbortController().signal),
    );
    expect(error).toBeInstanceOf(AlertDeliveryError);
    expect(error).toMatchObject({
      code: "VICTOR_ALERT_DELIVERY",
      attempts: 1,
      origin: other.server.origin,
      message: `webhook at ${other.server.origin}: not delivered, attempts: 1, the last: status 403`,
    });
    expect(other.received).toHaveLength(1);
  });

  test("does not follow a redirect", async () => {
    await using elsewhere = await receiver(ok);
    await using other = await receiver(status(307, { location: elsewhere.server.origin }));
    const error = await failure(
      sinkOf(other.server.origin).notify(notification, new AbortController().signal),
    );
    expect(error).toMatchObject({ message: expect.stringContaining("status 307"), attempts: 1 });
    expect(elsewhere.received).toHaveLength(0);
  });

  test("to nobody fails at its deadline, with the system's code and no secret", async () => {
    const gone = await receiver(ok);
    const { origin } = gone.server;
    await gone[Symbol.asyncDispose]();
    const sink = sinkOf(origin, { timeoutMs: 3000 });
    const error = (await failure(
      sink.notify(notification, new AbortController().signal),
    )) as AlertDeliveryError;
    expect(error.message).toContain("ECONNREFUSED");
    expect(error.attempts).toBeGreaterThan(1);
    expect(JSON.stringify(error) + String(error.stack)).not.toContain("hush");
    expect(error.cause).toBeUndefined();
  });

  test("to one who accepts and never answers fails at its deadline", async () => {
    await using silent = await socketServer(() => undefined);
    const sink = sinkOf(silent.origin, { timeoutMs: 1000, attemptTimeoutMs: 400 });
    const error = await failure(sink.notify(notification, new AbortController().signal));
    expect(error).toMatchObject({ message: expect.stringContaining("no answer in time") });
  });

  test("is taken once there is a good status, however the rest of the answer ends", async () => {
    let connections = 0;
    await using odd = await socketServer((socket) => {
      connections++;
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf", () => socket.destroy());
      });
    });
    const error = await failure(sinkOf(odd.origin).notify(notification, new AbortController().signal));
    expect(error).toBeUndefined();
    expect(connections).toBe(1);
  });

  test("is given up at once when the signal aborts, in an attempt and in a wait", async () => {
    await using other = await receiver(hang);
    const controller = new AbortController();
    const attempt = failure(sinkOf(other.server.origin).notify(notification, controller.signal));
    while (other.received.length === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect(await attempt).toMatchObject({ message: expect.stringContaining("given up"), attempts: 1 });

    await using failing = await receiver(status(503));
    const second = new AbortController();
    const waiting = failure(
      sinkOf(failing.server.origin, { random: () => 1 }).notify(notification, second.signal),
    );
    while (failing.received.length < 3) await new Promise((resolve) => setImmediate(resolve));
    second.abort();
    expect(await waiting).toMatchObject({ message: expect.stringContaining("given up") });
  });
});

test("a monitor tells a real receiver of an alert, though another of its sinks is down", async () => {
  await using other = await receiver(ok);
  await using down = await receiver(status(503));
  const registry = new MetricRegistry();
  const level = registry.gauge("level").bind();
  const lines: string[] = [];
  level.set(5);
  const resolved = Promise.withResolvers<void>();
  await using monitor = new AlertMonitor({
    registry,
    rules: [{ kind: "threshold", name: "high", metric: "level", above: 1 }],
    intervalMs: 10,
    sinks: [
      webhookSink({ url: down.server.origin, name: "down", timeoutMs: 5_000 }),
      webhookSink({ url: other.server.origin, secret }),
      logSink({
        write: (line) => {
          lines.push(line);
          if (line.startsWith("FIRING")) level.set(0);
          else resolved.resolve();
        },
      }),
    ],
  });
  await resolved.promise;
  await monitor.close({ timeoutMs: 60_000 });
  expect(lines).toHaveLength(2);
  expect(other.received.map(({ body }) => JSON.parse(body.toString()).state)).toEqual(["firing", "resolved"]);
  expect(monitor.stats().sinks).toMatchObject({
    down: { failed: 2, sent: 0 },
    webhook: { failed: 0, sent: 2 },
    log: { sent: 2 },
  });
  expect(monitor.stats().sinks.down!.lastError).toContain("status 503");
});

test("a process with nothing left to do ends, though a monitor looks at it", async () => {
  const entry = new URL("../../../src/alerts/index.ts", import.meta.url).href;
  const metrics = new URL("../../../src/metrics/index.ts", import.meta.url).href;
  const script = `
    const { AlertMonitor } = await import(${JSON.stringify(entry)});
    const { MetricRegistry } = await import(${JSON.stringify(metrics)});
    new AlertMonitor({ registry: new MetricRegistry(), degradation: true });
    console.log("started");
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.on("data", (piece) => {
    printed += piece;
  });
  const [code] = await once(child, "close");
  expect(code).toBe(0);
  expect(printed).toBe("started\n");
});
