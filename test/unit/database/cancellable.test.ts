import { expect, test } from "vitest";
import { cancellable } from "../../../src/database/cancellable.ts";

test("work that aborts its own signal on the spot is cancelled, and the caller gets the reason", async () => {
  const caller = new AbortController();
  const cancelling = Promise.withResolvers<void>();
  let cancelled = 0;
  const work = async (): Promise<string> => {
    caller.abort(new Error("left"));
    return "late";
  };
  const outcome = cancellable(work(), caller.signal, () => {
    cancelled++;
    return cancelling.promise;
  });
  cancelling.resolve();
  await expect(outcome).rejects.toThrow("left");
  expect(cancelled).toBe(1);
});
