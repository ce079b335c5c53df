import { LruCache } from "../../algorithms/lru-cache.ts";
import type { Clock } from "../../clock.ts";
import { CircuitBreaker } from "../../concurrency/circuit-breaker.ts";
import { keepAlive, letEnd } from "../../concurrency/keep-alive.ts";
import { within } from "../../deadline.ts";
import { DeadlineError } from "../../errors.ts";
import { thrownText } from "../../thrown-text.ts";
import { ownText } from "../text/own-text.ts";
import type { Tool } from "../tool.ts";
import { checkVectors, type Embedder, longestEmbedded } from "./embedder.ts";
import type { Fusion } from "./fusion.ts";
import { quantized } from "./quantized.ts";
import { probeText, toolText } from "./tool-text.ts";
import { VectorIndex } from "./vector-index.ts";

export interface ToolVectorsOptions {
  readonly embedder: Embedder;
  /** Milliseconds that a query's vector may take. */
  readonly queryTimeoutMs: number;
  /** Milliseconds that the vectors of one batch of tools may take. */
  readonly batchTimeoutMs: number;
  /** Tools that are embedded in one call. */
  readonly batchSize: number;
  readonly clock: Clock;
  /** Told how well descriptions find their tools. */
  readonly fusion: Fusion;
}

/** What became of the calls to the embedder. */
export interface VectorStats {
  /** Tools that have a vector. */
  readonly tools: number;
  /** Tools that have none yet, or whose embedding failed. */
  readonly missing: number;
  readonly dimensions: number | undefined;
  readonly bytes: number;
  /** Calls to the embedder. */
  readonly calls: number;
  /** Calls that failed, were too late, or gave what isn't a vector for each text. */
  readonly failures: number;
  /** Of the failures, those that were too late. */
  readonly timeouts: number;
  /** Queries that were ranked without vectors for want of one: after a failure, or while calls are held back. */
  readonly fallbacks: number;
  /** Why the last failure was. */
  readonly lastError: string | undefined;
}

/** Descriptions that are asked as queries, to judge the embedder. */
const probes = 32;
/** From so many on, later tools aren't asked about. */
const fewestProbes = 16;
/** Vectors of queries that are kept. */
const keptQueries = 512;
/** After so many failures in a row the embedder is left alone for a while. */
const breaker = { consecutiveFailures: 3, openMs: 10_000 };

/**
 * Keeps a vector for each tool, and makes those of queries. What the embedder does wrong never reaches the caller: it is
 * counted, and there is no vector. The first time that tools go without one, the process is warned.
 */
export class ToolVectors {
  readonly #options: ToolVectorsOptions;
  readonly #breaker: CircuitBreaker;
  readonly #queries: LruCache<string, Int8Array>;
  /** Tools without a vector, and what makes void an embedding that was begun before a change. */
  readonly #missing = new Map<string, Tool>();
  #index: VectorIndex | undefined;
  #dimensions: number | undefined;
  #filling: Promise<void> | undefined;
  #revision = 0;
  #probed = false;
  #calls = 0;
  #failures = 0;
  #timeouts = 0;
  #fallbacks = 0;
  #lastError: string | undefined;
  #hasWarned = false;

  constructor(options: ToolVectorsOptions) {
    this.#options = options;
    this.#dimensions = options.embedder.dimensions;
    this.#breaker = new CircuitBreaker("embedder", { ...breaker, clock: options.clock });
    this.#queries = new LruCache({ maxSize: keptQueries, clock: options.clock });
  }

  /** Counts every change of the tools' vectors: what was ranked with other ones is out of date. */
  get revision(): number {
    return this.#revision;
  }

  get index(): VectorIndex | undefined {
    return this.#index;
  }

  /** Notes tools that are new or have changed; `fill` makes their vectors. */
  add(tools: Iterable<Tool>): void {
    for (const tool of tools) {
      this.remove(tool.name);
      this.#missing.set(tool.name, tool);
    }
  }

  remove(name: string): void {
    this.#missing.delete(name);
    if (this.#index?.delete(name)) this.#revision++;
  }

  /** Takes vectors that were saved, unless the embedder is known to make others: those can't be compared. */
  restore(index: VectorIndex): void {
    const { dimensions = index.dimensions } = this.#options.embedder;
    if (dimensions !== index.dimensions) return;
    this.#index = index;
    this.#dimensions = index.dimensions;
    this.#probed = true;
    for (const [name] of index.entries()) this.#missing.delete(name);
    this.#revision++;
  }

  /** Makes the vectors that are missing. Never rejects: what fails stays missing, until it is called again. */
  fill(): Promise<void> {
    if (this.#missing.size === 0) return Promise.resolve();
    this.#filling ??= this.#fill();
    return this.#filling;
  }

  /** @returns the query's vector; `undefined` when there is none to be had, or no tool has one */
  async query(text: string): Promise<Int8Array | undefined> {
    if (this.#index === undefined || this.#index.size === 0) return undefined;
    const cut = text.length > longestEmbedded ? ownText(text.slice(0, longestEmbedded)) : text;
    const known = this.#queries.get(cut);
    if (known !== undefined) return known;
    const { queryTimeoutMs } = this.#options;
    try {
      return await this.#queries.getOrLoad(cut, async () =>
        quantized((await this.#embed([cut], queryTimeoutMs))[0] as Float32Array),
      );
    } catch (error) {
      this.#fallbacks++;
      this.#lastError = thrownText(error);
      return undefined;
    }
  }

  stats(): VectorStats {
    return {
      tools: this.#index?.size ?? 0,
      missing: this.#missing.size,
      dimensions: this.#dimensions,
      bytes: this.#index?.sizeBytes ?? 0,
      calls: this.#calls,
      failures: this.#failures,
      timeouts: this.#timeouts,
      fallbacks: this.#fallbacks,
      lastError: this.#lastError,
    };
  }

  async #fill(): Promise<void> {
    const { batchSize, batchTimeoutMs } = this.#options;
    const tried = new Set<Tool>();
    for (;;) {
      const batch = Array.from(this.#missing.values())
        .filter((tool) => !tried.has(tool))
        .slice(0, batchSize);
      if (batch.length === 0) {
        // Not a turn later: a tool that came between would wait for a call that nobody makes.
        this.#filling = undefined;
        return;
      }
      for (const tool of batch) tried.add(tool);
      const probed = this.#probed ? [] : batch.slice(0, probes);
      const texts = [...batch.map(toolText), ...probed.map(probeText)];
      try {
        this.#store(batch, probed, await this.#embed(texts, batchTimeoutMs));
      } catch (error) {
        this.#lastError = thrownText(error);
        this.#warn(batch.length);
      }
    }
  }

  #warn(tools: number): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    process.emitWarning(
      `${tools} tools have no vector and are found by words alone, for the embedder failed: ${this.#lastError}`,
      { code: "VICTOR_EMBEDDER", type: "EmbedderWarning" },
    );
  }

  #store(batch: readonly Tool[], probed: readonly Tool[], vectors: readonly Float32Array[]): void {
    for (const [i, tool] of batch.entries()) {
      // A tool that was removed or replaced meanwhile must not get the vector of what it was.
      if (this.#missing.get(tool.name) !== tool) continue;
      this.#index ??= new VectorIndex((vectors[i] as Float32Array).length);
      this.#index.set(tool.name, vectors[i] as Float32Array);
      this.#missing.delete(tool.name);
    }
    this.#revision++;
    for (const [i, tool] of probed.entries())
      if (this.#index?.has(tool.name))
        this.#options.fusion.probe(
          this.#index,
          tool.name,
          quantized(vectors[batch.length + i] as Float32Array),
        );
    if (probed.length >= fewestProbes) this.#probed = true;
  }

  /** @returns vectors, checked */
  #embed(texts: readonly string[], timeoutMs: number): Promise<readonly Float32Array[]> {
    const { embedder, clock } = this.#options;
    return this.#breaker.run(async () => {
      this.#calls++;
      const stop = new AbortController();
      // A caller waits for the time to run out, which alone would not keep the process alive.
      keepAlive();
      try {
        const made = Promise.resolve(embedder.embed(texts, stop.signal));
        const deadline = clock.now() + timeoutMs;
        const vectors = await within(made, { deadline }, "embedding", timeoutMs, clock);
        const checked = checkVectors(vectors, texts.length, this.#dimensions);
        this.#dimensions ??= checked[0]?.length;
        return checked;
      } catch (error) {
        this.#failures++;
        if (error instanceof DeadlineError) this.#timeouts++;
        stop.abort(error);
        throw error;
      } finally {
        letEnd();
      }
    });
  }
}
