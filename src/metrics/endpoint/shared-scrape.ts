import { pipeline } from "node:stream/promises";
import { constants, createGzip } from "node:zlib";
import { type Exposed, expositionPieces } from "../exposition.ts";
import type { ExpositionFormat } from "../exposition-format.ts";

/** What one collection gave, ready to send. */
export interface ScrapeBody {
  readonly pieces: readonly Buffer[];
  readonly sizeBytes: number;
}

interface Running {
  readonly body: Promise<ScrapeBody>;
  readonly ending: AbortController;
  waiting: number;
}

/**
 * Collections that all who ask meanwhile share: one at a time for each format, with and without gzip.
 * A body is made whole before it is sent, so that a slow client holds up neither the collection nor other clients.
 */
export class SharedScrapes {
  readonly #registry: Exposed;
  readonly #running = new Map<string, Running>();
  /** Collections begun. */
  started = 0;

  constructor(registry: Exposed) {
    this.#registry = registry;
  }

  /**
   * What is being collected in this form, or a new collection. One that nobody waits for any more ends.
   * @param signal gives up waiting
   * @throws the signal's reason
   */
  async get(format: ExpositionFormat, isGzip: boolean, signal: AbortSignal): Promise<ScrapeBody> {
    signal.throwIfAborted();
    const key = `${format} ${isGzip}`;
    let running = this.#running.get(key);
    if (running === undefined) {
      running = this.#start(format, isGzip);
      this.#running.set(key, running);
      const over = (): void => this.#end(key, running!);
      running.body.then(over, over);
    }
    running.waiting++;
    const { promise, reject } = Promise.withResolvers<never>();
    const giveUp = (): void => reject(signal.reason);
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      return await Promise.race([running.body, promise]);
    } finally {
      signal.removeEventListener("abort", giveUp);
      if (--running.waiting === 0) {
        // Whoever comes from now on must not join what is about to end.
        this.#end(key, running);
        running.ending.abort();
      }
    }
  }

  #start(format: ExpositionFormat, isGzip: boolean): Running {
    this.started++;
    const ending = new AbortController();
    const pieces = expositionPieces(this.#registry, format, ending.signal);
    const body = isGzip ? compressed(pieces, ending.signal) : gathered(pieces);
    return { body, ending, waiting: 0 };
  }

  #end(key: string, running: Running): void {
    if (this.#running.get(key) === running) this.#running.delete(key);
  }
}

async function gathered(from: AsyncIterable<Buffer>): Promise<ScrapeBody> {
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const piece of from) {
    pieces.push(piece);
    sizeBytes += piece.length;
  }
  return { pieces, sizeBytes };
}

async function compressed(from: AsyncIterable<Buffer>, signal: AbortSignal): Promise<ScrapeBody> {
  let body: ScrapeBody = { pieces: [], sizeBytes: 0 };
  // Metrics repeat themselves so much that the fastest level makes them nearly as small as the others do.
  const gzip = createGzip({ level: constants.Z_BEST_SPEED, chunkSize: 65_536 });
  await pipeline(
    from,
    gzip,
    async (output: AsyncIterable<Buffer>) => {
      body = await gathered(output);
    },
    { signal },
  );
  return body;
}
