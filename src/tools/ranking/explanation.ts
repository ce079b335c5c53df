import type { ToolText } from "../catalogue/tool-text.ts";
import { groupCount } from "../text/related-groups.ts";
import { relatedWords } from "../text/related-words.ts";
import type { fields, LexicalIndex } from "./lexical-index.ts";
import type { QueryTerms } from "./query-terms.ts";

/** One reason why a tool was ranked where it was. */
export interface TermExplanation {
  /** A stem, typing errors corrected; for related words the first ones of their group. */
  readonly term: string;
  readonly kind: "word" | "related";
  /** Where the tool has it: the field's share of what it is worth there, 0 to 1 together. */
  readonly fields: Readonly<Partial<Record<(typeof fields)[number], number>>>;
  /** Evidence that it added. */
  readonly evidence: number;
}

export interface RankingExplanation {
  /** As `top` gives it. */
  readonly score: number;
  /** The query has the tool's exact name. */
  readonly isNamed: boolean;
  /** Those that the tool has, strongest first. What was lifted as the best for one wish of several isn't in their evidence. */
  readonly terms: readonly TermExplanation[];
}

/** @param query that was read last */
export function explainTerms(query: QueryTerms, index: LexicalIndex, text: ToolText): TermExplanation[] {
  const impacts = index.impactsOf(text);
  const terms: TermExplanation[] = [];
  for (let i = 0; i < query.count; i++) {
    const term = query.terms[i]!;
    const found = impacts.get(term);
    if (found === undefined) continue;
    const isWord = term >= groupCount;
    terms.push({
      term: isWord ? index.stem(term) : relatedWords[term]!.split(" ").slice(0, 3).join(", "),
      kind: isWord ? "word" : "related",
      fields: found.fields,
      evidence: query.weights[i]! * found.impact,
    });
  }
  return terms.sort((a, b) => b.evidence - a.evidence);
}
