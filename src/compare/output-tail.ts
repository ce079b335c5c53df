const maxLines = 20;
const maxLineLength = 500;

/** The last lines that a program wrote, however much that was. */
export class OutputTail {
  readonly #lines: string[] = [];
  readonly #open = new Map<unknown, string>();

  /** @param stream which one it came from, so that halves of lines of two streams don't meet */
  add(stream: unknown, text: string): void {
    const parts = ((this.#open.get(stream) ?? "") + text).split("\n");
    this.#open.set(stream, parts.pop()!.slice(-maxLineLength));
    for (const line of parts) this.#lines.push(line.slice(0, maxLineLength).trimEnd());
    this.#lines.splice(0, this.#lines.length - maxLines);
  }

  get lines(): readonly string[] {
    const open = Array.from(this.#open.values(), (line) => line.trimEnd());
    return [...this.#lines, ...open].filter((line) => line !== "").slice(-maxLines);
  }
}
