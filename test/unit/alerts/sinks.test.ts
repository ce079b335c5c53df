import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import {
  type AlertNotification,
  eventSink,
  logSink,
  notificationText,
  signWebhook,
  verifyWebhook,
  webhookSink,
} from "../../../src/alerts/index.ts";

const notification: AlertNotification = {
  id: "1",
  state: "firing",
  rule: "slow",
  kind: "threshold",
  severity: "critical",
  labels: { route: "/a" },
  value: 2,
  reason: "took: 2 is above 1",
  atUnixMs: 0,
  firedForMs: 0,
};
const { signal } = new AbortController();

describe("the log sink", () => {
  test("writes one line for people, or JSON", () => {
    const lines: string[] = [];
    const write = (line: string): void => void lines.push(line);
    logSink({ write }).notify(notification, signal);
    logSink({ write }).notify({ ...notification, state: "resolved", labels: {}, firedForMs: 65_000 }, signal);
    logSink({ write, format: "json" }).notify(notification, signal);
    expect(lines[0]).toBe('FIRING [critical] slow {"route":"/a"}: took: 2 is above 1');
    expect(lines[1]).toBe("RESOLVED after 65 s [critical] slow: took: 2 is above 1");
    expect(JSON.parse(lines[2]!)).toEqual(notification);
  });

  test("lets no label break the line or reach the terminal", () => {
    const text = notificationText({ ...notification, rule: "a\nFIRING b", reason: "\u001b[2J\u2028\u202e" });
    expect(text).toBe('FIRING [critical] a\\u000aFIRING b {"route":"/a"}: \\u001b[2J\\u2028\\u202e');
  });

  test("refuses wrong options", () => {
    expect(() => logSink({ format: "xml" as "json" })).toThrow("format");
    expect(() => logSink({ write: 1 as never })).toThrow("write: expected a function");
  });
});

describe("the event sink", () => {
  test("dispatches to an event target, and emits from an emitter", () => {
    const got: unknown[] = [];
    const target = new EventTarget();
    target.addEventListener("alert", (event) => got.push((event as CustomEvent).detail));
    eventSink(target).notify(notification, signal);
    const emitter = new EventEmitter().on("trouble", (detail) => got.push(detail));
    eventSink(emitter, "trouble").notify(notification, signal);
    expect(got).toEqual([notification, notification]);
  });

  test('refuses other targets, and "error", which would throw when nobody listens', () => {
    expect(() => eventSink({} as EventTarget)).toThrow("target: expected an EventTarget or an EventEmitter");
    expect(() => eventSink(new EventEmitter(), "error")).toThrow("type");
  });
});

describe("a signature", () => {
  const secret = "0123456789abcdef";
  const body = '{"a":1}';
  const now = { nowUnixMs: 1_700_000_000_000 };
  const timestamp = "1700000000";
  const signature = signWebhook(secret, timestamp, body);

  test("is HMAC-SHA256 of the time and the body", () => {
    // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac 0123456789abcdef
    expect(signature).toBe("v1=9eb18f493f8ec135d9eb2dad817c369bb4e9cbfa818657897a7437c1cd8c3a23");
  });

  test("fits its secret, body and time, whichever of several secrets it is", () => {
    expect(verifyWebhook({ secret, body, timestamp, signature, ...now })).toBe(true);
    expect(verifyWebhook({ secret, body: Buffer.from(body), timestamp, signature, ...now })).toBe(true);
    expect(
      verifyWebhook({ secret: ["another secret, new", secret], body, timestamp, signature, ...now }),
    ).toBe(true);
  });

  test.each([
    ["another body", { body: '{"a":2}' }],
    ["another secret", { secret: "another secret, new" }],
    ["another time", { timestamp: "1700000001" }],
    ["a time too old", { nowUnixMs: 1_700_000_300_001 }],
    ["a time too far ahead", { nowUnixMs: 1_699_999_699_999 }],
    ["no time", { timestamp: undefined }],
    ["a time that is none", { timestamp: "1e9" }],
    ["no signature", { signature: undefined }],
    ["an empty signature", { signature: "" }],
    ["a signature without its version", { signature: signature.slice(3) }],
    ["a shorter signature", { signature: signature.slice(0, -1) }],
  ])("with %s does not fit", (_, other) => {
    expect(verifyWebhook({ secret, body, timestamp, signature, ...now, ...other })).toBe(false);
  });

  test("needs a secret that is one, and a body as it came", () => {
    expect(() => verifyWebhook({ secret: "", body, timestamp, signature })).toThrow("at least 16 characters");
    expect(() => verifyWebhook({ secret, body: {} as string, timestamp, signature })).toThrow("body");
  });
});

test.each([
  ["no URL", { url: "hooks" }],
  ["another scheme", { url: "file:///etc/passwd" }],
  ["a password in the URL", { url: "https://me:hunter2hunter2@localhost/hunter2" }],
  ["a short secret", { url: "http://localhost/hunter2", secret: "hunter2" }],
  [
    "a header that can't be sent",
    { url: "http://localhost/hunter2", headers: { authorization: "hunter2\nx" } },
  ],
  ["a header of its own", { url: "http://localhost/hunter2", headers: { "X-Victor-Signature": "hunter2" } }],
  ["no time", { url: "http://localhost/hunter2", timeoutMs: 0 }],
  ["an unknown option", { url: "http://localhost/hunter2", retries: 3 }],
])("a webhook with %s is refused, in words that hold no secret", (_, options) => {
  let message = "";
  try {
    webhookSink(options);
  } catch (error) {
    message = String(error);
  }
  expect(message).not.toBe("");
  expect(message).not.toContain("hunter2");
});
