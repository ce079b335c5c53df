/** What was thrown, for people: an error's message, all else as a string. Anything can be thrown; this itself never throws. */
export function thrownText(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    // Without a prototype, say, or with a message that throws in its turn.
    return `what can't be shown: ${typeof thrown}`;
  }
}
