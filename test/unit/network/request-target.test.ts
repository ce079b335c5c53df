import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { redactUrl } from "../../../src/network/redaction.ts";
import { encodeParams, RequestTargets } from "../../../src/network/request-target.ts";

const base = "https://user:p%40ss@api.example/v1/";

describe("Where a request goes", () => {
  test.each([
    ["users", "https://api.example/v1/users"],
    ["/users", "https://api.example/v1/users"],
    ["?a=1", "https://api.example/v1/?a=1"],
    ["", "https://api.example/v1/"],
    ["//evil.example/x", "https://api.example/v1/evil.example/x"],
    ["\\\\evil.example", "https://api.example/v1///evil.example"],
    ["./a:b", "https://api.example/v1/a:b"],
    ["/a:b", "https://api.example/v1/a:b"],
    ["a/b:c", "https://api.example/v1/a/b:c"],
    ["?a:b", "https://api.example/v1/?a:b"],
    ["1:2", "https://api.example/v1/1:2"],
    ["../admin#x", "https://api.example/admin"],
    ["https://other.example/x#frag", "https://other.example/x"],
  ])("%s under the base URL is %s", (url, href) => {
    expect(new RequestTargets(base).resolve(url).href).toBe(href);
  });

  test("a relative URL never leaves the base URL's origin", () => {
    const targets = new RequestTargets(base);
    const relative = fc.string({ unit: fc.constantFrom(..."/\\.:@?#ab%[] ;") });
    fc.assert(
      fc.property(relative, (url) => {
        const target = targets.resolve(`./x${url}`);
        expect(target.origin).toBe("https://api.example");
        expect(target.ofBase).toBe(true);
      }),
    );
  });

  test.each(["ftp://a/", "mailto:x@y", "localhost:4567/x", "nohttp:foo", "a+1.b-:", "httpss://a/"])(
    "%s has a scheme, so it isn't put under the base URL",
    (url) => {
      expect(() => new RequestTargets(base).resolve(url)).toThrow(/"\.\/a:b"/);
    },
  );

  test("the base URL's userinfo is for its own origin alone, and in no URL", () => {
    const targets = new RequestTargets(base);
    const own = targets.resolve("x");
    expect(own.authorization).toBe(`Basic ${Buffer.from("user:p@ss").toString("base64")}`);
    expect(own.href).not.toContain("user");
    expect(targets.resolve("https://api.example:444/x").authorization).toBeUndefined();
    expect(targets.resolve("http://api.example/x")).toMatchObject({
      authorization: undefined,
      ofBase: false,
    });
    expect(targets.resolve("https://a:b@other.example/").authorization).toBe(`Basic ${btoa("a:b")}`);
  });

  test.each([
    "",
    "/x",
    "http://",
    "https://[::1",
    "http://a b/",
    "ftp://a/",
    "http://a/\r\nHost: b",
    "http://a/\0",
    "mailto:a",
  ])("%j alone is no URL, and the message doesn't show it", (url) => {
    expect(() => new RequestTargets().resolve(url)).toThrow(TypeError);
    expect(() => new RequestTargets().resolve(`http://secret:token@/${url}\n`)).toThrow(
      expect.objectContaining({ message: expect.not.stringMatching(/secret|token/) }) as Error,
    );
  });

  test("the memory of URLs is bounded, and what is forgotten is parsed again", () => {
    const targets = new RequestTargets();
    for (let i = 0; i < 5000; i++) targets.resolve(`http://a/${i}`);
    expect(targets.resolve("http://a/0").path).toBe("/0");
  });

  test("params are added to the query, encoded so that no character means anything", () => {
    const target = new RequestTargets().resolve("http://a/x?y=1", {
      "k&": "a\r\nb=c&d",
      n: [1, true, null],
      u: undefined,
    });
    expect(target.href).toBe("http://a/x?y=1&k%26=a%0D%0Ab%3Dc%26d&n=1&n=true");
    expect(target.path).toBe("/x?y=1&k%26=a%0D%0Ab%3Dc%26d&n=1&n=true");
  });

  test("encoded params say what they said", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string({ unit: "grapheme" })), (params) => {
        expect(Object.fromEntries(new URLSearchParams(encodeParams("params", params)))).toEqual({
          ...params,
        });
      }),
    );
  });

  test("params of a wrong kind are named", () => {
    for (const wrong of [{ a: {} }, { a: () => 1 }, [["a"]], "a=1", null])
      expect(() => encodeParams("params", wrong)).toThrow(/^params/);
  });

  test("a base URL with a query, or of another scheme, is refused", () => {
    for (const wrong of ["https://a/?x=1", "https://a/#x", "ftp://a", "a", "http://"])
      expect(() => new RequestTargets(wrong)).toThrow(/^baseUrl: /);
  });
});

test("A URL in a message shows no userinfo, no query and no fragment", () => {
  expect(redactUrl("https://u:p@a.example:8443/x?token=1#t")).toBe("https://a.example:8443/x?…");
  expect(redactUrl("http://a/x")).toBe("http://a/x");
  expect(redactUrl("not a url with secret")).toBe("an invalid URL");
});
