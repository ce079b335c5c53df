import { describe, expect, it } from "vitest";
import { rightAnswers } from "../../../src/report/workloads/network/request-variants.ts";
import { networkRoom } from "../../../src/report/workloads/network/room.ts";

const context = {
  engine: "sqlite",
  quick: true,
  workDir: "",
  repetitions: { processes: 3, rounds: 8, warmupRounds: 3 },
  seed: 7,
  signal: new AbortController().signal,
  announce: () => undefined,
} as const;

describe("the network's rows", () => {
  it("do more in the full report than in the quick one, and with the same seed the same", async () => {
    const quick = (await networkRoom.open(context)).workloads;
    const full = (await networkRoom.open({ ...context, quick: false })).workloads;
    expect(full.map(({ id }) => id)).toEqual(quick.map(({ id }) => id));
    for (const [i, { input }] of quick.entries()) expect(full[i]?.input).not.toBe(input);
    expect((await networkRoom.open(context)).workloads.map(({ optimized }) => optimized.args)).toEqual(
      quick.map(({ optimized }) => optimized.args),
    );
  });

  it("give all variants the same work", async () => {
    for (const { baseline, optimized, peer } of (await networkRoom.open(context)).workloads) {
      expect("args" in baseline && baseline.args).toEqual(optimized.args);
      if (peer !== undefined && "args" in peer) expect(peer.args).toMatchObject(optimized.args as object);
    }
  });
});

describe("the check of the network's rows", () => {
  const answers = (...all: readonly object[]) =>
    rightAnswers(all.map((answer, i) => ({ variant: `v${i}`, answer })));
  const right = { calls: 2, wrong: 0, digest: "a" };

  it("passes what is right and the same", () => {
    expect(answers(right, right).ok).toBe(true);
    expect(answers({ calls: 2, wrong: 0 }, { calls: 2, wrong: 0 }).ok).toBe(true);
  });

  it("fails when bodies differ, when calls are missing, and when all have the same wrong ones", () => {
    expect(answers(right, { ...right, digest: "b" }).ok).toBe(false);
    expect(answers(right, { ...right, calls: 1 }).ok).toBe(false);
    const { ok, detail } = answers({ ...right, wrong: 1 }, { ...right, wrong: 1 });
    expect(ok).toBe(false);
    expect(detail).toBe("v0 was answered with other bodies than the resources have");
  });
});
