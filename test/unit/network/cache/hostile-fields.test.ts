import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseContentRange, parseRange } from "../../../../src/network/cache/byte-range.ts";
import { parseCacheControl, parseDeltaSeconds } from "../../../../src/network/cache/cache-control.ts";
import { matchesWeakly, parseEntityTags } from "../../../../src/network/cache/entity-tag.ts";
import { parseHttpDate } from "../../../../src/network/cache/http-date.ts";
import { ResponseCache } from "../../../../src/network/cache/response-cache.ts";
import { send } from "../../../support/response-cache/client.ts";
import { Origin } from "../../../support/response-cache/origin.ts";

const fields = [
  "cache-control",
  "expires",
  "date",
  "age",
  "etag",
  "last-modified",
  "vary",
  "content-range",
  "content-length",
  "connection",
  "location",
  "content-location",
  "set-cookie",
  "pragma",
  "__proto__",
  "constructor",
];
const asked = [
  "cache-control",
  "range",
  "if-none-match",
  "if-modified-since",
  "if-range",
  "vary",
  "host",
  "__proto__",
  "accept",
];
const piece = fc.constantFrom(
  "max-age",
  "=",
  "100",
  ",",
  '"',
  "\\",
  "no-store",
  "no-cache",
  " ",
  "\t",
  ";",
  "*",
  "W/",
  "bytes",
  "-",
  "/",
  "5",
  "stale-if-error",
  "9".repeat(400),
  "Mon, 05 Jan 2026 12:00:00 GMT",
  "__proto__",
  "q=",
  "\u0000",
  "é",
);
const value = fc.oneof(
  fc.string(),
  fc.array(piece, { maxLength: 12 }).map((parts) => parts.join("")),
);
const record = (names: readonly string[]) =>
  fc
    .array(fc.tuple(fc.constantFrom(...names), fc.oneof(value, fc.array(value, { maxLength: 3 }))), {
      maxLength: 6,
    })
    .map((pairs) => {
      const made: Record<string, string | string[]> = Object.create(null);
      for (const [name, one] of pairs) made[name] = one;
      return made;
    });

it("no fields, of whatever requests and responses, break the cache, its lookup, or a prototype", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          method: fc.constantFrom("GET", "GET", "GET", "HEAD", "POST"),
          status: fc.constantFrom(200, 206, 304, 404, 416, 503),
          request: record(asked),
          response: record(fields),
          passes: fc.nat(200_000),
        }),
        { minLength: 1, maxLength: 6 },
      ),
      fc.constantFrom("private" as const, "shared" as const),
      async (steps, type) => {
        let now = 1_700_000_000_000;
        const origin = new Origin(() => now);
        using cache = new ResponseCache({ now: () => now, type });
        const dispatch = cache.policy(origin.dispatch);
        for (const { method, status, request, response, passes } of steps) {
          now += passes;
          let asks = 0;
          // One that never says 304 in vain: a client would ask for ever too.
          origin.reply = () => ({
            status: asks++ === 0 ? status : 200,
            headers: response,
            body: "0123456789",
          });
          const call = send(dispatch, { method, headers: request as Record<string, string> });
          await call.response;
          expect(call.ends).toBe(1);
          expect(asks).toBeLessThanOrEqual(3);
          cache.lookup(method, "http://origin.test/a", request as Record<string, string>);
        }
        expect(({} as Record<string, unknown>).polluted).toBeUndefined();
        expect(Object.keys(Object.prototype)).toEqual([]);
      },
    ),
    { numRuns: 300 },
  );
});

describe("parsers", () => {
  it("take any text", () => {
    fc.assert(
      fc.property(value, (text) => {
        const { maxAge } = parseCacheControl(text);
        expect(maxAge === undefined || (maxAge >= 0 && maxAge <= 2 ** 31)).toBe(true);
        const tags = parseEntityTags(text);
        expect(tags === "*" || Array.isArray(tags)).toBe(true);
        parseRange(text);
        parseContentRange(text);
        const date = parseHttpDate(text, 0);
        expect(date === undefined || Number.isFinite(date)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("read no-store wherever it stands outside of quotes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a", 'b="x,\\"y"', "max-age=5", "", "=x", ";", 'c="')),
        (members) => {
          expect(parseCacheControl([...members, "no-store"].join(",")).noStore).toBe(
            // An odd quote before may hide it, or not: then it is heeded all the same.
            true,
          );
        },
      ),
    );
  });

  it.each([
    ["quotes without an end", '"'.repeat(20_001)],
    ["escaped quotes without an end", `a="${'\\"'.repeat(20_000)}`],
    ["broken members with quotes", `x ${'\\"'.repeat(20_000)}`],
    ["members by the thousand", "a=,".repeat(20_000)],
    ["spaces", `a${" ".repeat(40_000)}b`],
    ["tags", 'W/"'.repeat(20_000)],
    ["weights", "a;q=".repeat(20_000)],
  ])("look at each character a few times at most: %s", (_what, text) => {
    const reads = countReads(text, (counted) => void parseCacheControl(counted));
    expect(reads).toBeLessThan(10 * text.length + 100);
    parseEntityTags(text);
  });

  it("compare tags by what is within them", () => {
    expect(matchesWeakly('W/"a"', '"a"')).toBe(true);
    expect(matchesWeakly('"a"', '"b"')).toBe(false);
    expect(parseEntityTags('"a,b", W/"c" ,d')).toEqual(['"a,b"', 'W/"c"', "d"]);
  });

  it("read numbers up to 2^31", () => {
    expect(parseDeltaSeconds("2147483649")).toBe(2 ** 31);
    expect(parseDeltaSeconds("")).toBeUndefined();
    expect(parseDeltaSeconds("1 ")).toBeUndefined();
  });
});

/** Counts how often a character is looked at, on whatever way a parser takes. */
function countReads(text: string, parse: (text: string) => void): number {
  let reads = 0;
  const counted = new Proxy(Object(text) as object, {
    get(target, name) {
      if (name === "length") return text.length;
      const member = Reflect.get(target, name) as unknown;
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        if (name === "charCodeAt") reads++;
        else if (name === "slice") reads += Math.abs(Number(args[1] ?? text.length) - Number(args[0]));
        const found = (member as (...all: unknown[]) => unknown).apply(text, args);
        if (name === "indexOf")
          reads += ((found as number) === -1 ? text.length : (found as number)) - Number(args[1] ?? 0);
        return found;
      };
    },
  });
  parse(counted as unknown as string);
  return reads;
}
