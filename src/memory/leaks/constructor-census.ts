import { queryObjects } from "node:v8";
import type { InspectorSession } from "./inspector-session.ts";
import type { ClassGrowth } from "./leak-report.ts";

/** Live objects by the name of their constructor. */
export type Census = ReadonlyMap<string, number>;

/** A class whose objects are counted. */
export type AnyConstructor = abstract new (...args: never[]) => unknown;

const group = "victor-census";

/**
 * Runs in the program: tells how many objects have each prototype. Proxies are left out, since asking one runs its handler, and
 * a getter in the place of a constructor isn't called either.
 */
const tally = `function (isProxy) {
  const counts = new Map();
  for (const object of this) {
    if (isProxy(object)) continue;
    const prototype = Object.getPrototypeOf(object);
    counts.set(prototype, (counts.get(prototype) ?? 0) + 1);
  }
  const names = new Map();
  for (const [prototype, count] of counts) {
    const constructor = prototype === null || isProxy(prototype)
      ? undefined : Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
    const own = typeof constructor === "function" && !isProxy(constructor)
      ? Object.getOwnPropertyDescriptor(constructor, "name")?.value : undefined;
    if (typeof own === "string" && own !== "") names.set(own, (names.get(own) ?? 0) + count);
  }
  return [...names];
}`;

/** Counts all objects of this thread by constructor. Collects garbage first, and walks the whole heap (about 1 µs an object). */
export function constructorCensus(session: InspectorSession): Census {
  const evaluate = (expression: string): string =>
    session.post<{ result: { objectId: string } }>("Runtime.evaluate", { expression, objectGroup: group })
      .result.objectId;
  try {
    const { objects } = session.post<{ objects: { objectId: string } }>("Runtime.queryObjects", {
      prototypeObjectId: evaluate("Object.prototype"),
      objectGroup: group,
    });
    const { result } = session.post<{ result: { value: [string, number][] } }>("Runtime.callFunctionOn", {
      objectId: objects.objectId,
      functionDeclaration: tally,
      arguments: [{ objectId: evaluate("process.getBuiltinModule('node:util').types.isProxy") }],
      returnByValue: true,
    });
    return new Map(result.value);
  } finally {
    session.post("Runtime.releaseObjectGroup", { objectGroup: group });
  }
}

/** Live objects of each class, those of classes that extend it included. Collects garbage first. */
export function countObjects(classes: readonly AnyConstructor[]): Census {
  return new Map(classes.map((one) => [one.name, queryObjects(one as never, { format: "count" })]));
}

/** How many more there are in `after` for each operation. @returns descending, those that grew only */
export function censusGrowth(before: Census, after: Census, operations: number): ClassGrowth[] {
  return Array.from(after, ([name, count]) => ({
    name,
    rate: (count - (before.get(name) ?? 0)) / operations,
  }))
    .filter(({ rate }) => rate > 0)
    .sort((a, b) => b.rate - a.rate);
}
