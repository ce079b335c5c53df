import { randomBytes } from "node:crypto";

const mostWriters = 1000;

/** Counts what this process has made the server forget, and remembers up to where the counts of others are known here. */
export class WriterMarks {
  readonly #id = randomBytes(9).toString("base64url");
  readonly #known = new Map<string, number>();
  #count = 0;

  forgot(): void {
    this.#count++;
  }

  token(): string {
    return `${this.#id}.${this.#count}`;
  }

  /** Is all known here that the token stands for? */
  knows(token: string): boolean {
    const mark = parsed(token);
    if (!mark) return false;
    if (mark.id === this.#id) return mark.count <= this.#count;
    return mark.count <= (this.#known.get(mark.id) ?? -1);
  }

  learn(token: string): void {
    const mark = parsed(token);
    if (!mark || this.knows(token)) return;
    this.#known.delete(mark.id);
    if (this.#known.size >= mostWriters) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    this.#known.set(mark.id, mark.count);
  }

  /** What was told by others is gone with the connection. */
  forgetOthers(): void {
    this.#known.clear();
  }
}

function parsed(token: string): { id: string; count: number } | undefined {
  const found = /^([\w-]{12})\.(\d{1,15})$/.exec(token);
  return found ? { id: found[1]!, count: Number(found[2]) } : undefined;
}
