import type { Labels } from "../metric.ts";

/** File names on most systems end at 255 bytes, and Graphite makes one of each segment. */
const maxSegment = 200;

const hex = (character: string): string =>
  `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;

/**
 * One segment of a path, of `A-Z a-z 0-9 _ -` alone; all else as `%` and the UTF-8 bytes in hex, so that no two texts
 * are written alike and nothing in a label can end a line or begin a new segment. An empty one is `%empty`; of one
 * longer than 200 bytes the rest stands as a hash.
 */
export function pathSegment(text: string): string {
  if (text === "") return "%empty";
  const safe = /[^A-Za-z0-9_-]/.test(text)
    ? encodeURIComponent(text.toWellFormed()).replace(/[.!~*'()]/g, hex)
    : text;
  return safe.length <= maxSegment ? safe : `${safe.slice(0, maxSegment - 22)}%hash-${hash(safe)}`;
}

/** A metric's name as a path: its dots are the path's. */
export function namePath(name: string): string {
  return name.split(".").map(pathSegment).join(".");
}

/** Labels as segments, `name.value` for each, in order of the names; a dot before each, or nothing. */
export function labelPath(labels: Labels): string {
  return sortedLabels(labels)
    .map(([name, value]) => `.${pathSegment(name)}.${pathSegment(value)}`)
    .join("");
}

/** In one order, whatever order they came in. */
export function sortedLabels(labels: Labels): [string, string][] {
  return Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** FNV-1a of 64 bits, in hex. @see http://www.isthe.com/chongo/tech/comp/fnv/ */
function hash(text: string): string {
  let state = 0xcbf29ce484222325n;
  for (let at = 0; at < text.length; at++)
    state = BigInt.asUintN(64, (state ^ BigInt(text.charCodeAt(at))) * 0x100000001b3n);
  return state.toString(16).padStart(16, "0");
}
