/**
 * How much what counts; found on development splits of two data sets (docs/decisions/tool-ranking.md). Lengths have fixed pivots
 * instead of the catalogue's means, so that a tool's impacts don't depend on other tools, and stay as they are when those change.
 */
export const weights = {
  /** For each field: what a word in it is worth, how far length counts (0–1), and the length that is neither short nor long. */
  name: { weight: 2, lengthShare: 0.5, pivot: 3 },
  description: { weight: 1, lengthShare: 0.4, pivot: 10 },
  parameters: { weight: 0.5, lengthShare: 0.5, pivot: 20 },
  /** An impact is w / (w + saturation), w being the sum over fields. */
  saturation: 1.7,
  /** Of a word that the query repeats n times: 1 + this × ln n. */
  repetition: 0.5,
  /** A group of related words beside a word itself. */
  group: 0.6,
  /** So many words of the query count for one group at most. */
  groupWords: 3,
  /** A word as corrected beside a word as written. */
  correction: 0.6,
  /** What the best tool for one wish of several gets, as a share of the best score for all of them. */
  clause: 0.5,
  /** So many different words make a wish; fewer belong to the next. */
  clauseWords: 3,
  /** So many tools for each wish are lifted. */
  clauseTools: 3,
};
