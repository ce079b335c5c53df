/** Some points of one collection, encoded: the unit in which they are sent, sent again, or dropped. */
export interface PushChunk {
  readonly bytes: Uint8Array;
  /** How many points are in it. */
  readonly points: number;
}

/** Chunks that wait to be sent, in order, at most so many bytes of them; the oldest make room for the newest. */
export class PushBuffer {
  readonly #maxBytes: number;
  readonly #chunks: PushChunk[] = [];
  #bytes = 0;
  #taken = 0;
  #dropped = 0;

  /** @param maxBytes of all chunks together, the one that is being sent included */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add(chunk: PushChunk): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.bytes.length;
    this.#makeRoom();
  }

  /** The oldest chunk, to be sent. Its bytes count until `settle` or `putBack`. */
  take(): PushChunk | undefined {
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return undefined;
    this.#bytes -= chunk.bytes.length;
    this.#taken = chunk.bytes.length;
    return chunk;
  }

  /** The chunk that was taken is done with. */
  settle(): void {
    this.#taken = 0;
  }

  /** The chunk that was taken is the oldest again; dropped at once where newer ones have taken its room. */
  putBack(chunk: PushChunk): void {
    this.#taken = 0;
    this.#chunks.unshift(chunk);
    this.#bytes += chunk.bytes.length;
    this.#makeRoom();
  }

  /** Drops everything. */
  clear(): void {
    for (const chunk of this.#chunks.splice(0)) this.#dropped += chunk.points;
    this.#bytes = 0;
  }

  /** Nothing waits. */
  get empty(): boolean {
    return this.#chunks.length === 0;
  }
  get sizeBytes(): number {
    return this.#bytes + this.#taken;
  }
  /** Points dropped so far, to make room or by `clear`. */
  get dropped(): number {
    return this.#dropped;
  }

  #makeRoom(): void {
    while (this.#bytes + this.#taken > this.#maxBytes && this.#chunks.length > 0) {
      const oldest = this.#chunks.shift()!;
      this.#bytes -= oldest.bytes.length;
      this.#dropped += oldest.points;
    }
  }
}
