import { expect, it } from "vitest";
import { ArgumentNode, WeakHold } from "../../../src/algorithms/argument-trie.ts";
import { collectGarbage } from "../../support/collect-garbage.ts";

const [one, other] = [{}, {}];

it("takes out what leads nowhere, and leaves what others need", () => {
  const root = new ArgumentNode();
  const lists = [[1], [1, 2, one], [1, 2, one, 3], [1, 2, other], [one]];
  const nodes = lists.map((list) => root.add(list));
  expect(lists.map((list) => root.find(list))).toEqual(nodes);
  nodes[2]!.remove();
  expect(root.find([1, 2, one])).toBe(nodes[1]);
  expect(root.find([1, 2, one, 3])).toBe(undefined);
  nodes[1]!.remove();
  expect(root.find([1, 2, one])).toBe(undefined);
  expect(root.find([1, 2, other])).toBe(nodes[3]);
  nodes[3]!.remove();
  expect(root.find([1, 2])).toBe(undefined);
  expect(root.find([1])).toBe(nodes[0]);
  nodes[4]!.remove();
  expect(root.child(one)).toBe(undefined);
});

it("holds weakly the lists that live only as long as an object", () => {
  const root = new ArgumentNode();
  const lists = [[], [1], ["1", null], [one], [1, one], [1, () => 1, 2]];
  const nodes = lists.map((list) => root.add(list));
  expect(nodes.map(({ hold }) => hold instanceof WeakHold)).toEqual([false, false, false, true, true, true]);
  for (const { hold } of nodes.slice(0, 3)) expect(nodes).toContain(hold);
  for (const node of nodes.slice(3)) expect((node.hold as WeakHold).node).toBe(node);
});

it("leads to the nearest node that is left of a list whose object was collected", async () => {
  const root = new ArgumentNode();
  const holds = (() => {
    const short = {};
    return [
      [1, short],
      [one, 2, short],
      [one, 2, short, 3],
    ].map((list) => root.add(list).hold as WeakHold);
  })();
  await collectGarbage();
  expect(holds.map(({ node }) => node)).toEqual([undefined, undefined, undefined]);
  expect(holds[0]!.nearest).toBe(root.find([1]));
  for (const hold of holds) hold.nearest.remove();
  expect([root.child(1), root.child(one)]).toEqual([undefined, undefined]);
});
