/** A request that is being worked on, and how much each of its like will have got when it ends. */
interface Request {
  readonly id: number;
  readonly endsAt: number;
}

/**
 * A server with a few processors that begins every request at once, as one with a thread for each does: up to
 * `processors` of them run at full speed, more share what there is. It knows of no deadline and turns nobody away.
 */
export class SharedProcessors {
  readonly #processors: number;
  /** The first to end first. */
  readonly #requests: Request[] = [];
  /** Work that a request present throughout would have got, in milliseconds of a processor. */
  #given = 0;
  #atMs: number;

  /** @param processors ≥ 1 */
  constructor(processors: number, nowMs: number) {
    this.#processors = processors;
    this.#atMs = nowMs;
  }

  /**
   * Takes a request in. `finished` must have been asked for the same time before.
   * @param workMs time that it takes alone, > 0
   */
  begin(id: number, workMs: number, nowMs: number): void {
    this.#given += (nowMs - this.#atMs) * this.#speed;
    this.#atMs = nowMs;
    const endsAt = this.#given + workMs;
    const before = this.#requests.findLastIndex((other) => other.endsAt <= endsAt);
    this.#requests.splice(before + 1, 0, { id, endsAt });
  }

  /** @returns who has ended by now, in their order; the same however late it is asked */
  finished(nowMs: number): number[] {
    const ended: number[] = [];
    for (let nextMs = this.nextMs; nextMs <= nowMs; nextMs = this.nextMs) {
      const { id, endsAt } = this.#requests[0] as Request;
      this.#given = endsAt;
      this.#atMs = nextMs;
      this.#requests.shift();
      ended.push(id);
    }
    return ended;
  }

  /** When the next request ends unless another one comes; `Infinity` when there is none. */
  get nextMs(): number {
    const next = this.#requests[0];
    if (next === undefined) return Number.POSITIVE_INFINITY;
    return this.#atMs + (next.endsAt - this.#given) / this.#speed;
  }

  /** Of each request, 1 being that of a whole processor. */
  get #speed(): number {
    return Math.min(1, this.#processors / Math.max(1, this.#requests.length));
  }
}
