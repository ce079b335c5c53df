import type { Token } from "../sql/sql-lexer.ts";

/** Does the text join by USING or NATURAL? The authorizer isn't told of the columns, and perhaps the tables, of these. */
export function joinsByName(tokens: readonly Token[]): boolean {
  return tokens.some(({ text }) => /^(using|natural)$/i.test(text));
}
