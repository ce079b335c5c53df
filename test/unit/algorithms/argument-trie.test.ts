import { expect, it } from "vitest";
import { ArgumentNode } from "../../../src/algorithms/argument-trie.ts";

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

it("says which lists live only as long as an object, and where that begins", () => {
  const root = new ArgumentNode();
  const lists = [[], [1], ["1", null], [one], [1, one], [1, () => 1, 2]];
  expect(lists.map((list) => root.add(list).isWeak)).toEqual([false, false, false, true, true, true]);
  const weak = root.add([1, 2, one, 3]);
  expect(weak.anchor).toBe(root.find([1, 2]));
  weak.anchor.remove();
  expect(root.find([1, 2])).toBe(undefined);
});
