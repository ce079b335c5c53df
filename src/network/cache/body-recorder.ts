/** Bytes that all recordings of a cache hold together, and their bound. */
export interface RecordingBudget {
  used: number;
  readonly max: number;
}

/** Keeps a body while it comes in, up to a bound. */
export class BodyRecorder {
  readonly #budget: RecordingBudget;
  readonly #maxBytes: number;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #isTooLarge = false;

  constructor(maxBytes: number, budget: RecordingBudget) {
    this.#maxBytes = maxBytes;
    this.#budget = budget;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get chunks(): readonly Uint8Array[] {
    return this.#chunks;
  }

  /** Whether the body went beyond a bound, and will not be whole. */
  get isTooLarge(): boolean {
    return this.#isTooLarge;
  }

  /**
   * Copies the chunk: what comes from the network is a view of a larger buffer, and belongs to who reads it.
   * @param isNeeded whether somebody has still to read it, so that it is kept even beyond the bound
   */
  add(chunk: Uint8Array, isNeeded: boolean): void {
    const { byteLength } = chunk;
    this.#isTooLarge ||=
      this.#bytes + byteLength > this.#maxBytes || this.#budget.used + byteLength > this.#budget.max;
    if (this.#isTooLarge && !isNeeded) return;
    this.#chunks.push(new Uint8Array(chunk));
    this.#bytes += byteLength;
    this.#budget.used += byteLength;
  }

  /** @returns the whole body */
  whole(): Uint8Array {
    if (this.#chunks.length === 1) return this.#chunks[0]!;
    const body = new Uint8Array(this.#bytes);
    let offset = 0;
    for (const chunk of this.#chunks) {
      body.set(chunk, offset);
      offset += chunk.byteLength;
    }
    return body;
  }

  /** Lets go of all that it holds. */
  release(): void {
    this.#budget.used -= this.#bytes;
    this.#bytes = 0;
    this.#chunks = [];
  }
}
