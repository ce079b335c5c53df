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
  expect(compareAnswers(a, b, "server")).toMatchObject({
    verdict: "differ",
    detail: expect.stringMatching(/request 2 .*200 y.*500 z/),
  });
  expect(compareAnswers(a, a, "server")).toMatchObject({
    verdict: "same",
    detail: expect.stringContaining("2 requests"),
  });
});

test("a program that answers otherwise each time can't differ from another", () => {
  const changing = [[[0, "200 a"]], [[0, "200 b"]], [[0, "200 a"]]] as const;
  const steady = [[[0, "200 a"]], [[0, "200 a"]], [[0, "200 a"]]] as const;
  expect(compareAnswers(changing, steady, "server").verdict).toBe("not comparable");
  expect(compareAnswers(steady, changing, "server").verdict).toBe("not comparable");
});

test("one answer alone doesn't show that it is always the same", () => {
  expect(compareAnswers([[[0, "200 a"]]], [[[0, "200 b"]]], "server").verdict).toBe("not comparable");
});

test("of jobs it speaks of runs and of their output", () => {
  const wrote = (...digests: string[]) => digests.map((digest) => [[0, digest]] as const);
  expect(compareAnswers(wrote("x", "x", "x"), wrote("x", "x", "x"), "job")).toEqual({
    verdict: "same",
    detail: "the standard output of 3 runs of each, by digest",
  });
  expect(compareAnswers(wrote("x", "x"), wrote("y", "y"), "job")).toEqual({
    verdict: "differ",
    detail: "the first wrote x and the second y (digest of the standard output), in each run",
  });
  expect(compareAnswers(wrote("x", "z"), wrote("x", "x"), "job")).toEqual({
    verdict: "not comparable",
    detail: "the runs of one program don't all write the same, so the standard output says nothing",
  });
});
