import { expect, test } from "vitest";
import { compareAnswers } from "../../../src/compare/answers.ts";

test("finds a request that each program answers alike every time, but not as the other does", () => {
  const a = [
    [
      [0, "200 x"],
      [1, "200 y"],
    ],
    [
      [0, "200 x"],
      [1, "200 y"],
    ],
  ] as const;
  const b = [
    [
      [0, "200 x"],
      [1, "500 z"],
    ],
    [
      [0, "200 x"],
      [1, "500 z"],
    ],
  ] as const;
  expect(compareAnswers(a, b)).toMatchObject({
    verdict: "differ",
    detail: expect.stringMatching(/request 2 .*200 y.*500 z/),
  });
  expect(compareAnswers(a, a)).toMatchObject({
    verdict: "same",
    detail: expect.stringContaining("2 requests"),
  });
});

test("a program that answers otherwise each time can't differ from another", () => {
  const changing = [[[0, "200 a"]], [[0, "200 b"]], [[0, "200 a"]]] as const;
  const steady = [[[0, "200 a"]], [[0, "200 a"]], [[0, "200 a"]]] as const;
  expect(compareAnswers(changing, steady).verdict).toBe("not comparable");
  expect(compareAnswers(steady, changing).verdict).toBe("not comparable");
});

test("one answer alone doesn't show that it is always the same", () => {
  expect(compareAnswers([[[0, "200 a"]]], [[[0, "200 b"]]]).verdict).toBe("not comparable");
});
