import { stemmer } from "stemmer";
import { relatedWords } from "./related-words.ts";

/** How many groups of related words there are; they are numbered from 0. */
export const groupCount: number = relatedWords.length;

const none: readonly number[] = [];
let byStem: Map<string, number[]> | undefined;

/** @returns the groups that a stem belongs to, ascending */
export function groupsOf(stem: string): readonly number[] {
  byStem ??= readGroups();
  return byStem.get(stem) ?? none;
}

/** @returns the stems that belong to some group */
export function relatedStems(): string[] {
  byStem ??= readGroups();
  return Array.from(byStem.keys());
}

function readGroups(): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const [group, line] of relatedWords.entries())
    for (const word of line.split(" ")) {
      const stem = stemmer(word);
      const known = groups.get(stem);
      if (known === undefined) groups.set(stem, [group]);
      else if (known.at(-1) !== group) known.push(group);
    }
  return groups;
}
