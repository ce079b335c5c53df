import { describe, expect, test } from "vitest";
import { isRedirect, redirected } from "../../../src/network/redirect-rules.ts";

const from = new URL("https://a.example/one?x=1");

function step(status: number, method: string, location = "/two") {
  const next = redirected(status, location, from, method, false);
  if (typeof next === "string") return next;
  return { ...next, url: next.url.href };
}

describe("What to send after a redirect", () => {
  test.each([
    [301, "POST", "GET", false],
    [302, "POST", "GET", false],
    [303, "POST", "GET", false],
    [303, "PUT", "GET", false],
    [303, "DELETE", "GET", false],
    [303, "HEAD", "HEAD", true],
    [303, "GET", "GET", true],
    [301, "PUT", "PUT", true],
    [302, "DELETE", "DELETE", true],
    [307, "POST", "POST", true],
    [308, "PATCH", "PATCH", true],
    [301, "HEAD", "HEAD", true],
  ])("after %i a %s becomes a %s", (status, method, expected, keepsBody) => {
    expect(step(status, method)).toEqual({
      method: expected,
      keepsBody,
      url: "https://a.example/two",
      crossesOrigin: false,
    });
  });

  test.each([300, 304, 305, 306, 200, 201, 400])("%i is not followed", (status) => {
    expect(isRedirect(status)).toBe(false);
  });

  test("another host, port or scheme is another origin", () => {
    expect(step(302, "GET", "https://b.example/")).toMatchObject({ crossesOrigin: true });
    expect(step(302, "GET", "https://a.example:444/")).toMatchObject({ crossesOrigin: true });
    expect(step(302, "GET", "//b.example/")).toMatchObject({
      url: "https://b.example/",
      crossesOrigin: true,
    });
    const up = redirected(302, "https://a.example/", new URL("http://a.example/"), "GET", false);
    expect(up).toMatchObject({ crossesOrigin: true });
  });

  test("what isn't http is refused, and so is the way from https to http", () => {
    for (const location of [
      "file:///etc/passwd",
      "data:,x",
      "javascript:1",
      "ftp://a.example",
      "https://",
      "http://[x]",
    ])
      expect(step(302, "GET", location)).toBe("bad-location");
    expect(step(302, "GET", "http://a.example/")).toBe("downgrade");
    expect(redirected(302, "http://a.example/", from, "GET", true)).toMatchObject({ crossesOrigin: true });
  });

  test("a location's userinfo and fragment are left out", () => {
    expect(step(302, "GET", "https://eve:pw@a.example/two#part")).toMatchObject({
      url: "https://a.example/two",
    });
  });
});
