import { editDistance } from "../../tools/text/spelling.ts";

const prefix = "VICTOR_";

/**
 * The variable that somebody most likely meant by another of that prefix: one that begins with it, else the one with the
 * fewest letters to change, where at most half would have to. Capitals count for nothing.
 * @param known at most 24 letters each
 * @returns `undefined` where none is near; of variables equally near the first
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const wrong = name.toUpperCase().slice(prefix.length);
  if (wrong === "") return undefined;
  const longer = known.find((candidate) => candidate.startsWith(`${prefix}${wrong}_`));
  if (longer !== undefined) return longer;
  let nearest: string | undefined;
  let least = Math.floor(wrong.length / 2) + 1;
  for (const candidate of known) {
    const distance = editDistance(wrong, candidate.slice(prefix.length), least);
    if (distance < least) [nearest, least] = [candidate, distance];
  }
  return nearest;
}
