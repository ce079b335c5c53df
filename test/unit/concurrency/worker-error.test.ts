import { describe, expect, test } from "vitest";
import { packError, unpackError } from "../../../src/concurrency/worker-error.ts";

const sent = (error: Error): Error & Record<string, unknown> =>
  unpackError(structuredClone(packError(error))) as Error & Record<string, unknown>;

describe("an error that comes from a thread", () => {
  test("has the class, message and stack that it had", () => {
    const original = new RangeError("too much");
    const error = sent(original);
    expect(error).toBeInstanceOf(RangeError);
    expect([error.name, error.message, error.stack]).toEqual(["RangeError", "too much", original.stack]);
    expect(Object.keys(error)).toEqual([]);
  });

  test("has the name of a class that is unknown here, and is what that class extends", () => {
    class QuotaError extends TypeError {}
    const error = sent(new QuotaError("no"));
    expect([error.name, error instanceof TypeError]).toEqual(["QuotaError", true]);
    const named = Object.assign(new Error("no"), { name: "Custom" });
    expect(sent(named).name).toBe("Custom");
  });

  test("has its own fields, as far as they can be copied", () => {
    const error = sent(
      Object.assign(new Error("no"), {
        code: "E_NO",
        detail: { a: [1] },
        handler: () => 1,
        map: new Map([["fn", () => 1]]),
      }),
    );
    expect(error).toMatchObject({ code: "E_NO", detail: { a: [1] }, handler: "() => 1" });
    expect("map" in error).toBe(false);
  });

  test("has its causes, whatever they are", () => {
    const error = sent(new Error("outer", { cause: new SyntaxError("inner", { cause: { plain: true } }) }));
    const inner = error.cause as Error;
    expect([inner instanceof SyntaxError, inner.message, inner.cause]).toEqual([
      true,
      "inner",
      { plain: true },
    ]);
    expect(Object.keys(error)).toEqual([]);
  });

  test("may be its own cause", () => {
    const error = new Error("round");
    error.cause = error;
    expect((sent(error).cause as Error).message).toBe("round");
  });

  test("has the errors of an AggregateError", () => {
    const error = sent(new AggregateError([new TypeError("a"), "b"], "both")) as unknown as AggregateError;
    expect(error).toBeInstanceOf(AggregateError);
    expect([error.errors[0] instanceof TypeError, error.errors[1]]).toEqual([true, "b"]);
  });

  test("is a DOMException if it was", () => {
    const error = sent(new DOMException("gone", "AbortError"));
    expect([error instanceof DOMException, error.name, error.code]).toEqual([true, "AbortError", 20]);
  });
});
