import { expect, test, vi } from "vitest";
import { AnswerDeadlines } from "../../../src/cache/answer-deadlines.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";

function make(timeoutMs = 50) {
  const clock = new FakeClock();
  const setTimeout = vi.spyOn(clock, "setTimeout");
  const deadlines = new AnswerDeadlines(timeoutMs, clock);
  const outcomes: string[] = [];
  /** Asks, and says later what became of it. */
  const ask = (name: string, ended = () => {}): PromiseWithResolvers<string> => {
    const answer = Promise.withResolvers<string>();
    const use = {
      kept: (value: string) => value,
      failed: (thrown: unknown): never => {
        throw thrown;
      },
      late: (): never => {
        throw new Error("late");
      },
      ended,
    };
    deadlines.bound(answer.promise, use, undefined).then(
      (value) => outcomes.push(`${name} ${value}`),
      (error: Error) => outcomes.push(`${name} ${error.message}`),
    );
    return answer;
  };
  return { clock, setTimeout, outcomes, ask };
}

test("an answer that comes in time is passed on, be it good or bad", async () => {
  const { clock, outcomes, ask } = make();
  ask("a").resolve("yes");
  ask("b").reject(new Error("no"));
  await clock.advance(1_000);
  expect(outcomes).toEqual(["a yes", "b no"]);
});

test("each question has all its time, whatever became of those before", async () => {
  const { clock, outcomes, ask } = make();
  const first = ask("a");
  await clock.advance(20);
  ask("b");
  await clock.advance(20);
  ask("c");
  first.resolve("yes");
  await clock.advance(29);
  expect(outcomes).toEqual(["a yes"]);
  await clock.advance(1);
  expect(outcomes).toEqual(["a yes", "b late"]);
  await clock.advance(19);
  expect(outcomes).toHaveLength(2);
  await clock.advance(1);
  expect(outcomes).toEqual(["a yes", "b late", "c late"]);
  expect(clock.pending).toBe(0);
});

test("an answer that has come by the time that the late are dealt with isn't late", async () => {
  const { clock, outcomes, ask } = make();
  const answer = ask("a");
  // As after a pause of the process: the timer is due, and the answer lies in the socket.
  clock.setTimeout(() => answer.resolve("yes"), 50);
  await clock.advance(50);
  expect(outcomes).toEqual(["a yes"]);
});

test("thousands of questions in turn are bounded by one timer at a time", async () => {
  const { clock, setTimeout, outcomes, ask } = make();
  for (let i = 0; i < 2_000; i++) {
    ask("a").resolve("yes");
    await settle();
    expect(clock.pending).toBe(1);
  }
  expect(outcomes).toHaveLength(2_000);
  expect(setTimeout).toHaveBeenCalledTimes(1);
});

test("whoever counts is told of an answer, however late it comes", async () => {
  const { clock, outcomes, ask } = make();
  const ended = vi.fn();
  const answers = [ask("a", ended), ask("b", ended)];
  await clock.advance(100);
  expect(outcomes).toEqual(["a late", "b late"]);
  expect(ended).not.toHaveBeenCalled();
  answers[0]!.resolve("yes");
  answers[1]!.reject(new Error("no"));
  await settle();
  expect(ended).toHaveBeenCalledTimes(2);
  expect(outcomes).toHaveLength(2);
});
