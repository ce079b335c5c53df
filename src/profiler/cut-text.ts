/**
 * The first `most` characters, in memory of their own: a slice would hold on to the whole text for as long as it lives.
 */
export function cutText(text: string, most: number): string {
  return text.length <= most ? text : Buffer.from(text.slice(0, most), "utf16le").toString("utf16le");
}
