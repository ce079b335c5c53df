import { relatedStems } from "./related-groups.ts";
import { Spelling } from "./spelling.ts";

let stems: readonly string[] = [];
let spelling: Spelling | undefined;

/** @returns the stem of a related word that a misspelt one was meant to be; `undefined` when none is near */
export function nearestRelated(stem: string): string | undefined {
  if (spelling === undefined) {
    stems = relatedStems();
    spelling = new Spelling(
      (term) => stems[term]!,
      () => 1,
    );
    for (const [term, word] of stems.entries()) spelling.add(word, term);
  }
  return stems[spelling.nearest(stem)];
}
