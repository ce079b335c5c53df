/** What of a response a stream needs; `http.ServerResponse` is one. */
export interface StreamTarget {
  write(chunk: Buffer): boolean;
  end(): void;
  destroy(): void;
  readonly writableLength: number;
  on(event: "close" | "error", listener: () => void): unknown;
}

/** Bytes that may wait for one viewer, beside what it is sent first; who has more to read is too slow. */
const maxWaitingBytes = 2 * 1024 * 1024;
/** Events that a viewer may leave unread altogether, the buffers of the system aside. */
const maxStalledEvents = 30;

/** One event in the form of `text/event-stream`. @param data one that JSON can write */
export function eventBytes(event: string, data: unknown): Buffer {
  // JSON has no raw line ends, so one `data` line holds it.
  return Buffer.from(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

/**
 * The viewers' streams. An event is written once for all. One that doesn't read is cut off: its page connects anew and
 * asks for what it missed.
 */
export class EventStreams {
  readonly #streams = new Map<StreamTarget, { stalled: number; readonly mayWait: number }>();
  readonly #max: number;
  #droppedSlow = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#streams.size;
  }

  get isFull(): boolean {
    return this.#streams.size >= this.#max;
  }

  /** Viewers cut off because they didn't read. */
  get droppedSlow(): number {
    return this.#droppedSlow;
  }

  /** @param first what it is sent before all others hear of it */
  add(target: StreamTarget, first: Buffer): void {
    // All series there are come first, and there may be many.
    this.#streams.set(target, { stalled: 0, mayWait: maxWaitingBytes + first.length });
    const forget = (): void => void this.#streams.delete(target);
    target.on("close", forget);
    target.on("error", forget);
    this.#send(target, first);
  }

  send(event: Buffer): void {
    for (const target of [...this.#streams.keys()]) this.#send(target, event);
  }

  close(): void {
    for (const target of this.#streams.keys()) target.end();
    this.#streams.clear();
  }

  #send(target: StreamTarget, event: Buffer): void {
    const state = this.#streams.get(target)!;
    state.stalled = target.writableLength > 0 ? state.stalled + 1 : 0;
    const isTooMuch = target.writableLength > 0 && target.writableLength + event.length > state.mayWait;
    if (isTooMuch || state.stalled > maxStalledEvents) {
      this.#streams.delete(target);
      this.#droppedSlow++;
      target.destroy();
    } else target.write(event);
  }
}
