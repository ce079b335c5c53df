/**
 * What was thrown, for a message: an error's own message, anything else as text.
 * Never throws: anything can be thrown, also what can't be made text of, and what tells of it must not fail by that.
 */
export function thrownText(thrown: unknown): string {
  try {
    return thrown instanceof Error ? `${thrown.message}` : String(thrown);
  } catch {
    return "something that can't be shown as text";
  }
}
