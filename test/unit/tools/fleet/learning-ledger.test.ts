import fc from "fast-check";
import { expect, test } from "vitest";
import type { LearnedOutcome } from "../../../../src/tools/fleet/learned-parts.ts";
import { LearningLedger, type LedgerEntry } from "../../../../src/tools/fleet/learning-ledger.ts";

const names = ["search", "commit", "deploy"];
const ledger = (node: string, maxNodes = 10) => new LearningLedger(node, {}, maxNodes);

const outcomes = fc.record({
  terms: fc.array(fc.constantFrom("find", "push", "ship", "code"), { minLength: 1, maxLength: 3 }),
  taskType: fc.option(fc.constantFrom("edit", "release"), { nil: undefined }),
  candidates: fc.constant(names.map((name, i) => ({ name, lexical: i / 4, vector: 1 - i / 4 }))),
  outcome: fc.record({
    shown: fc.constant(names),
    used: fc.subarray(names, { minLength: 1 }),
    succeeded: fc.boolean(),
  }),
}) satisfies fc.Arbitrary<LearnedOutcome>;

/** What may happen in a fleet: a node learns, tells, or restarts; what was told arrives, twice, late or never. */
const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("learn" as const), node: fc.nat(2), outcome: outcomes }),
    fc.record({ kind: fc.constant("tell" as const), node: fc.nat(2) }),
    fc.record({ kind: fc.constant("restart" as const), node: fc.nat(2) }),
    fc.record({ kind: fc.constant("arrive" as const), node: fc.nat(2), message: fc.nat() }),
  ),
  { maxLength: 60 },
);

test("three nodes come to what one with all feedback would have, whatever the order, repetitions and losses", () => {
  fc.assert(
    fc.property(steps, (all) => {
      let incarnations = 0;
      const fresh = () => ledger(`n${incarnations++}`);
      const nodes = [fresh(), fresh(), fresh()];
      const retired: { node: string; entry: LedgerEntry }[] = [];
      const messages: { node: string; entry: LedgerEntry }[] = [];
      const one = ledger("all");
      const tell = ({ node, entryOf }: LearningLedger, self: LearningLedger) => ({
        node,
        entry: entryOf.call(self, node)!,
      });
      for (const step of all) {
        const node = nodes[step.node]!;
        if (step.kind === "learn") {
          node.record(step.outcome);
          one.record(step.outcome);
        } else if (step.kind === "tell") messages.push(tell(node, node));
        else if (step.kind === "restart") {
          // What it told last is what there is of it; the process that follows has another name.
          retired.push(tell(node, node));
          nodes[step.node] = fresh();
        } else if (messages.length > 0) {
          const { node: from, entry } = messages[step.message % messages.length]!;
          node.join(from, entry);
        }
      }
      for (const node of nodes)
        for (const { node: from, entry } of [...nodes.map((each) => tell(each, each)), ...retired].reverse())
          node.join(from, entry);
      const expected = one.sum();
      for (const node of nodes) {
        const sum = node.sum();
        // The same bytes: evidence is whole numbers and quarters, which add up exactly.
        expect(Buffer.compare(sum.words.save(), expected.words.save())).toBe(0);
        expect(Buffer.compare(sum.tasks.save(), expected.tasks.save())).toBe(0);
        expect(sum.outcomes).toBe(expected.outcomes);
        expect(sum.weight.outcomes).toBe(expected.weight.outcomes);
        for (const [i, value] of sum.weight.state().sums.entries())
          expect(value).toBeCloseTo(expected.weight.state().sums[i]!, 9);
      }
    }),
    { numRuns: 150 },
  );
});

const outcome: LearnedOutcome = {
  terms: ["find"],
  taskType: undefined,
  candidates: [],
  outcome: { shown: names, used: ["search"], succeeded: true },
};

test("an entry that is damaged, something else or of a node too many is left out and counted", () => {
  const own = ledger("a", 1);
  const other = ledger("b");
  other.record(outcome);
  const { bytes } = other.entryOf("b")!;
  for (let i = 0; i < bytes.length; i += 7) {
    const damaged = new Uint8Array(bytes);
    damaged[i]! ^= 1;
    expect(own.join("b", { revision: 1, bytes: damaged })).toBe(false);
  }
  expect(own.join("b", { revision: 1, bytes: new Uint8Array(0) })).toBe(false);
  expect(own.damaged).toBe(Math.ceil(bytes.length / 7) + 1);
  expect(own.join("b", { revision: 1, bytes })).toBe(true);
  expect(own.join("c", { revision: 1, bytes })).toBe(false);
  expect(own).toMatchObject({ others: 1, tooMany: 1 });
  expect(own.sum().outcomes).toBe(1);
});

test("an older entry of a node, or one of this node itself, changes nothing", () => {
  const own = ledger("a");
  const other = ledger("b");
  other.record(outcome);
  const first = other.entryOf("b")!;
  other.record(outcome);
  expect(own.join("b", other.entryOf("b")!)).toBe(true);
  expect(own.join("b", first)).toBe(false);
  expect(own.join("a", first)).toBe(false);
  expect(own.sum().outcomes).toBe(2);
});
