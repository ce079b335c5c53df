/** Where one wish ends and the next begins. */
const joint =
  /(?<=[.?!;\n])\s+|,?\s+(?:and\s+then|and\s+also|then|also|plus|as\s+well\s+as|after\s+that|finally|and)\s+/i;
/** More are not told apart; the rest belongs to the last. */
const maxClauses = 8;

/**
 * Splits a request into its wishes: "Book a flight to Rome and then mail me the receipt" has two.
 * @param text at most some thousands of characters
 * @returns parts of the text, at most 8; one alone when there is no joint
 */
export function clausesOf(text: string): readonly string[] {
  const parts = text.split(joint);
  if (parts.length <= maxClauses) return parts;
  return [...parts.slice(0, maxClauses - 1), parts.slice(maxClauses - 1).join(" ")];
}
