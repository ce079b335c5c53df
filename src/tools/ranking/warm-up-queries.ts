import { relatedWords } from "../text/related-words.ts";

/** Fewer leave code uncompiled, more gain nothing. */
const queries = 300;

/**
 * Queries that go all ways: several wishes, endings to be stemmed, typing errors, tools by name.
 * @param names of tools, at least one
 */
export function* warmUpQueries(names: readonly string[]): Generator<string> {
  const words = relatedWords.flatMap((line) => line.split(" "));
  for (let i = 0; i < queries; i++) {
    const word = (n: number): string => words[(i * 7 + n * 131) % words.length]!;
    const name = (n: number): string => names[(i * n) % names.length]!;
    const misspelt = word(7).replace(/(.)(.)$/, "$2$1");
    yield `I need to ${word(1)} the ${word(2)}s of ${word(3)}, and then ${word(4)}ing ${word(5)} for ` +
      `${name(1).replace(/[_.-]/g, " ")}. Can you ${word(6)} ${misspelt}? Don't use ${name(3)}.`;
  }
}
