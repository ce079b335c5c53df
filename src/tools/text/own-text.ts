/** Shorter slices are copies anyway. */
const shortestSlice = 13;

/** @returns the same text, without the longer one that it was cut from, which engines keep for as long as a slice of it */
export function ownText(text: string): string {
  return text.length < shortestSlice ? text : ` ${text}`.slice(1);
}
