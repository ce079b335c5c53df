/** @returns what a thrown value says, whatever it is: some can't even be turned into text */
export function thrownMessage(thrown: unknown): string {
  try {
    return thrown instanceof Error ? `${thrown.message}` : String(thrown);
  } catch {
    return "an error that has no text";
  }
}
