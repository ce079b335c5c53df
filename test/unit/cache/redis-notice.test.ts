import { describe, expect, test } from "vitest";
import { Notice } from "../../../src/cache/redis/notice.ts";

/** In the order in which a connection brings them: a word of a change, a write that is begun, or settled as done, refused or unknown. */
type Step = "told" | "begin" | "done" | "refused" | "unknown";

function after(steps: readonly Step[]): Notice {
  const notice = new Notice();
  for (const step of steps)
    if (step === "begin") notice.beginWrite();
    else if (step !== "told") notice.settleWrite(step === "unknown" ? undefined : step === "done");
    else if (notice.told()) notice.end();
  return notice;
}

describe("what is watched is vouched for", () => {
  test.each<Step[][]>([
    [[]],
    [["begin", "told", "done"]],
    [["begin", "refused"]],
    [["begin", "told", "done", "begin", "told", "done"]],
    [["begin", "begin", "told", "told", "done", "done"]],
    [["begin", "begin", "told", "done", "refused"]],
  ])("after %j", (steps) => {
    expect(after(steps).isAlive).toBe(true);
  });
});

describe("what is watched is given up for good", () => {
  test.each<Step[][]>([
    [["told"]],
    [["begin", "told", "done", "told"]],
    [["begin", "told", "told", "done"]],
    [["begin", "told", "refused"]],
    [["begin", "done"]],
    [["begin", "unknown"]],
    [["begin", "told", "unknown"]],
    [["begin", "begin", "told", "told", "done", "refused"]],
    [["told", "begin", "told", "done"]],
  ])("after %j", (steps) => {
    const notice = after(steps);
    expect(notice.isAlive).toBe(false);
    notice.beginWrite();
    notice.told();
    expect(notice.settleWrite(true)).toBe(false);
    expect(notice.isAlive).toBe(false);
  });
});

test("nobody vouches between a word of a change and the end of the write that may have caused it", () => {
  const notice = after(["begin", "told"]);
  expect(notice.isAlive).toBe(false);
  expect(notice.settleWrite(true)).toBe(true);
  expect(notice.isAlive).toBe(true);
});
