import { describe, expect, test } from "vitest";
import { NetworkOptimizer } from "../../../src/network/optimizer.ts";
import { httpServer } from "../../support/local-http.ts";

/** A port on which nobody listens any more. */
async function deadOrigin(): Promise<string> {
  const server = await httpServer((_, response) => void response.end());
  await server[Symbol.asyncDispose]();
  return server.origin;
}

describe("A connection that doesn't come about", () => {
  test("is tried again, also for a POST, since nothing was sent", async () => {
    const origin = await deadOrigin();
    await using http = new NetworkOptimizer({ retry: { baseDelayMs: 1, maxRetries: 2 } });
    for (const method of ["GET", "POST"])
      await expect(http.request(method, origin)).rejects.toMatchObject({ code: "VICTOR_ATTEMPTS_FAILED" });
    expect(http.getStats()).toMatchObject({
      retry: { retries: 4, exhausted: 2 },
      transport: { connectionsFailed: 6 },
    });
  });
});
