import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { requestBody } from "../../../src/network/request-body.ts";
import { checkMethod, ownHeaders } from "../../../src/network/request-headers.ts";
import { checkRequestOptions } from "../../../src/network/request-options.ts";

describe("Methods", () => {
  test("known ones are written as on the wire, others as they are", () => {
    expect(["get", "Patch", "QUERY", "PURGE", "purge"].map(checkMethod)).toEqual([
      "GET",
      "PATCH",
      "QUERY",
      "PURGE",
      "purge",
    ]);
  });
  test.each(["", "GE T", "GET\r\n", "GET\0", "CONNECT", "connect", "é"])("%j is none", (method) => {
    expect(() => checkMethod(method)).toThrow(RangeError);
  });
  test("a number is none", () => {
    expect(() => checkMethod(7)).toThrow(TypeError);
  });
});

describe("Header fields", () => {
  test("come from an object, a Headers, a Map or pairs, by lower-case name", () => {
    const expected = { "x-a": "1", accept: "b, c" };
    expect(ownHeaders("headers", { constructor: "a", toString: "b" })).toEqual({
      constructor: "a",
      tostring: "b",
    });
    expect(ownHeaders("headers", { "X-A": 1, Accept: ["b", "c"], none: undefined })).toEqual(expected);
    expect(
      ownHeaders(
        "headers",
        new Headers([
          ["x-a", "1"],
          ["accept", "b"],
          ["accept", "c"],
        ]),
      ),
    ).toEqual(expected);
    expect(
      ownHeaders(
        "headers",
        new Map([
          ["X-A", "1"],
          ["Accept", "b, c"],
        ]),
      ),
    ).toEqual(expected);
    expect(
      ownHeaders("headers", [
        ["X-A", "1"],
        ["accept", "b"],
        ["Accept", "c"],
      ]),
    ).toEqual(expected);
    expect(ownHeaders("headers", { cookie: ["a=1", "b=2"] })).toEqual({ cookie: "a=1; b=2" });
  });
  test.each(["a\r\nb", "a\nb", "a\rb", "a\0b", "a\x7fb", "€"])(
    "the value %j is refused, and not shown",
    (value) => {
      expect(() => ownHeaders("headers", { authorization: `secret${value}` })).toThrow(
        /^headers\.authorization: (?!.*secret)/,
      );
    },
  );
  test.each(["", "a b", "a:", "a\r\nb", "é", "connection", "Transfer-Encoding", "upgrade", "expect"])(
    "the name %j is refused",
    (name) => {
      expect(() => ownHeaders("headers", { [name]: "x" })).toThrow(RangeError);
    },
  );
  test("values of another kind are refused", () => {
    for (const value of [null, {}, true, () => 1])
      expect(() => ownHeaders("headers", { a: value })).toThrow(TypeError);
    for (const wrong of [null, 1, "a: b", ["a"]])
      expect(() => ownHeaders("headers", wrong)).toThrow(TypeError);
  });
});

describe("Bodies", () => {
  test("JSON and forms say what they are, and can be sent again", () => {
    const json = requestBody("POST", { json: { a: 1 } });
    expect(json).toMatchObject({ content: '{"a":1}', contentType: "application/json" });
    const form = requestBody("PUT", { form: { a: "x y", b: [1, 2] } });
    expect(form).toMatchObject({ content: "a=x+y&b=1&b=2" });
    if (form instanceof Promise || json instanceof Promise) throw new Error("they are ready");
    expect(form.contentType).toMatch(/^application\/x-www-form-urlencoded/);
    expect(form.make?.()).toBe(form.content);
  });
  test("JSON takes null, false and 0", () => {
    for (const json of [null, false, 0, ""])
      expect(requestBody("POST", { json })).toMatchObject({ content: JSON.stringify(json) });
  });
  test("what JSON can't say is refused", () => {
    const loop: { self?: unknown } = {};
    loop.self = loop;
    for (const json of [loop, 1n, () => 1, Symbol("x")])
      expect(() => requestBody("POST", { json })).toThrow(TypeError);
  });
  test("a FormData and a Blob are read first", async () => {
    const form = new FormData();
    form.append("a", "b");
    const body = await requestBody("POST", { form });
    expect(body.contentType).toMatch(/^multipart\/form-data; boundary=/);
    expect(Buffer.from(body.content as Uint8Array).toString()).toContain('name="a"');
    const blob = await requestBody("POST", { body: new Blob(["x"], { type: "text/css" }) });
    expect(blob.contentType).toBe("text/css");
  });
  test("a stream can be sent once, a function's stream again", () => {
    expect(requestBody("POST", { body: Readable.from(["a"]) })).toMatchObject({ make: undefined });
    let made = 0;
    const again = requestBody("POST", { body: () => Readable.from([`${made++}`]) });
    if (again instanceof Promise) throw new Error("it is ready");
    again.make?.();
    expect(made).toBe(2);
  });
  test("several at once, one with a GET, and other things are refused", () => {
    expect(() => requestBody("POST", { json: 1, body: "x" })).toThrow(TypeError);
    for (const method of ["GET", "HEAD", "TRACE"])
      expect(() => requestBody(method, { body: "x" })).toThrow(TypeError);
    for (const body of [7, true, { a: 1 }, [1]])
      expect(() => requestBody("POST", { body: body as never })).toThrow(TypeError);
  });
});

test.each([
  { timeoutMs: -1 },
  { timeoutMs: Number.NaN },
  { timeoutMs: "1" },
  { maxRetries: -1 },
  { maxRetries: 1.5 },
  { maxResponseBytes: -1 },
  { signal: {} },
  { useCache: 1 },
  { followRedirects: "yes" },
  { timeout: 1 },
])("the options %j are refused", (options) => {
  expect(() => checkRequestOptions(options as never)).toThrow(/timeout|max|signal|useCache|followRedirects/);
});
