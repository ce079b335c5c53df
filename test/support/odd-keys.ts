const long = "Ünder the hood ".repeat(8);
const object = { name: "key" };
const func = () => object;
const symbol = Symbol("key");

/** The same content in another shape that V8 has for strings: flat, rope, slice, parsed, two-byte no more. */
const shapes: readonly ((content: string) => string)[] = [
  (content) => content,
  (content) => content.slice(0, content.length >> 1) + content.slice(content.length >> 1),
  (content) => `<${content}>`.slice(1, -1),
  (content) => JSON.parse(JSON.stringify(content)) as string,
  (content) => `\u{1f600}${content}`.slice(2),
];

const contents = ["", "a", "b", "0", "undefined", "\u0000", `${long}1`, `${long}2`, `1${long}`, `2${long}`];

const others: readonly unknown[] = [
  0,
  -0,
  1,
  -1,
  2 ** 31 - 1,
  -(2 ** 31),
  2 ** 31,
  2 ** 32,
  2 ** 32 + 1,
  -(2 ** 32) - 1,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  2 ** 53,
  0.5,
  -0.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  0n,
  1n,
  2n ** 64n,
  null,
  undefined,
  true,
  false,
  symbol,
  Symbol.for("key"),
  Symbol.iterator,
  object,
  func,
  [],
];

/** Makes keys of every kind; those at different places may be equal. */
export const oddKeys: readonly (() => unknown)[] = [
  ...contents.flatMap((content) => shapes.map((shape) => () => shape(content))),
  ...others.map((key) => () => key),
];

/** Values of every kind that a cache keeps. */
export const oddValues: readonly unknown[] = [
  null,
  0,
  -0,
  "",
  false,
  Number.NaN,
  1,
  "x",
  true,
  object,
  [],
  1n,
];

/** Are two keys equal to a `Map`? */
export const sameValueZero = (a: unknown, b: unknown): boolean => a === b || Object.is(a, b);
