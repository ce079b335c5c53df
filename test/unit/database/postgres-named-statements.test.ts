import { expect, test } from "vitest";
import { NamedStatements } from "../../../src/database/postgres/named-statements.ts";
import type { PgWire } from "../../../src/database/postgres/pg-client.ts";

function wire() {
  const closed: string[] = [];
  const parsedStatements: Record<string, string> = {};
  const fake = { parsedStatements, close: ({ name }: { name: string }) => void closed.push(name) };
  return { closed, parsedStatements, wire: fake as unknown as PgWire };
}

test("a text keeps its name, and two texts never share one", () => {
  const names = new NamedStatements(wire().wire, 10);
  expect(names.nameOf("select 1")).toBe(names.nameOf("select 1"));
  expect(names.nameOf("select 2")).not.toBe(names.nameOf("select 1"));
});

test("past the limit the statement used longest ago is closed on the server, and comes back under another name", () => {
  const { closed, parsedStatements, wire: pg } = wire();
  const names = new NamedStatements(pg, 2);
  const [a, b] = [names.nameOf("a"), names.nameOf("b")];
  parsedStatements[b] = "b";
  names.nameOf("a");
  names.nameOf("c");
  expect(closed).toEqual([b]);
  expect(parsedStatements).toEqual({});
  expect(names.size).toBe(2);
  expect(names.nameOf("a")).toBe(a);
  expect(names.nameOf("b")).not.toBe(b);
});

test("a forgotten statement gets a new name", () => {
  const { closed, wire: pg } = wire();
  const names = new NamedStatements(pg, 2);
  const first = names.nameOf("a");
  names.forget("a");
  names.forget("never seen");
  expect(closed).toEqual([first]);
  expect(names.nameOf("a")).not.toBe(first);
});

test("clear forgets all without a word to the server, which has dropped them already", () => {
  const { closed, parsedStatements, wire: pg } = wire();
  const names = new NamedStatements(pg, 2);
  parsedStatements[names.nameOf("a")] = "a";
  names.clear();
  expect(closed).toEqual([]);
  expect(parsedStatements).toEqual({});
  expect(names.size).toBe(0);
});
