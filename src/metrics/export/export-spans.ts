import { type Clock, systemClock, type TimerHandle } from "../../clock.ts";
import { durationMs, integer, knownKeys, rejectType } from "../../options.ts";
import type { MetricSample, MetricSource } from "../metric.ts";
import { type EndedSpan, HeldSpans, type SpanTree } from "./held-spans.ts";
import { replaySpan, type StartingTracer, type TracedSpan } from "./replayed-span.ts";

/** What is used of a profiler. */
export interface SpanOrigin {
  /** Has `listener` told of each span that ends; returns what ends it. */
  onSpanEnd(listener: (span: EndedSpan) => void): () => void;
}

/** What is used of `@opentelemetry/api`, as `import * as api` gives it. */
export interface TraceApi<C, S extends TracedSpan> {
  readonly ROOT_CONTEXT: C;
  readonly trace: {
    setSpan(context: C, span: S): C;
    wrapSpanContext(context: ReturnType<TracedSpan["spanContext"]>): S;
  };
}

export interface ExportSpansOptions<C, S extends TracedSpan> {
  /** `trace.getTracer("my-service")` */
  readonly tracer: StartingTracer<C, S>;
  /** The module `@opentelemetry/api`. */
  readonly api: TraceApi<C, S>;
  /**
   * How many spans wait for their parents at most, how many for their turn, and of how many exported ones the ids are
   * remembered for children that end later; ≥ 1.
   * @default 10_000
   */
  readonly maxSpans?: number | undefined;
  /** Milliseconds that spans wait for a parent that doesn't end; then they go without it. @default 60_000 */
  readonly maxHoldMs?: number | undefined;
  /** @default the system's */
  readonly clock?: Clock | undefined;
}

/** Counts of an export of spans. */
export interface SpanExportStats {
  /** Spans given to the tracer; it may sample or drop them. */
  readonly exported: number;
  /** Spans that went without their parent, as roots of their own, because it didn't end in time. */
  readonly orphaned: number;
  /** Spans given up: as many as allowed were waiting. */
  readonly dropped: number;
  /** Spans at which the tracer threw. */
  readonly failed: number;
  /** Spans that wait now. */
  readonly held: number;
}

/** How long a replay may hold the event loop. */
const turnMs = 5;

/**
 * Gives a profiler's spans to a tracer of `@opentelemetry/api`, with their own times and parents.
 *
 * Children end before their parents, and a tracer takes parents first: so the spans of a tree wait until its root has ended, and
 * are then replayed from the root down, by the tracer's own sampler, processors and ids. A child that ends after its
 * root finds it by what is remembered of the last `maxSpans` exported. Where a parent doesn't end for `maxHoldMs`, or too much
 * waits, what is below it goes as trees of their own.
 *
 * Replay happens in turns of 5 ms of their own, not in the code that ended the span. Nothing keeps the process alive.
 * @throws {TypeError | RangeError} on an option that is missing, unknown, or out of its bounds
 */
export function exportSpans<C, S extends TracedSpan>(
  profiler: SpanOrigin,
  options: ExportSpansOptions<C, S>,
): SpanExport<C, S> {
  if (typeof profiler?.onSpanEnd !== "function") rejectType("profiler", "a PerformanceProfiler", profiler);
  return new SpanExport(profiler, options);
}

/** An export of spans that is under way. */
export class SpanExport<C, S extends TracedSpan> implements MetricSource, AsyncDisposable {
  readonly name = "span-export";
  readonly #tracer: StartingTracer<C, S>;
  readonly #api: TraceApi<C, S>;
  readonly #maxSpans: number;
  readonly #maxHoldMs: number;
  readonly #clock: Clock;
  readonly #held = new HeldSpans();
  readonly #ready: { readonly tree: SpanTree; readonly context: C }[] = [];
  #readySize = 0;
  /** Contexts of exported spans by the profiler's ids, oldest first. */
  readonly #contexts = new Map<number, C>();
  #stop: (() => void) | undefined;
  #sweep: TimerHandle;
  #replaying: Promise<void> | undefined;
  #exported = 0;
  #orphaned = 0;
  #dropped = 0;
  #failed = 0;

  /** @internal */
  constructor(profiler: SpanOrigin, options: ExportSpansOptions<C, S>) {
    knownKeys("exportSpans", options, ["tracer", "api", "maxSpans", "maxHoldMs", "clock"]);
    const { tracer, api, maxSpans = 10_000, maxHoldMs = 60_000, clock = systemClock } = options;
    if (typeof tracer?.startSpan !== "function") rejectType("tracer", "a Tracer", tracer);
    if (typeof api?.trace?.setSpan !== "function") rejectType("api", "the module @opentelemetry/api", api);
    this.#tracer = tracer;
    this.#api = api;
    this.#maxSpans = integer("maxSpans", maxSpans, 1);
    this.#maxHoldMs = durationMs("maxHoldMs", maxHoldMs, 1);
    this.#clock = clock;
    this.#stop = profiler.onSpanEnd((span) => this.#ended(span));
  }

  /** Waits until every tree whose root has ended is with the tracer. */
  async flush(): Promise<void> {
    while (this.#replaying) await this.#replaying;
  }

  /** Hears of no more spans, and gives all that wait to the tracer, with their parents or without. May be called again. */
  async close(): Promise<void> {
    this.#stop?.();
    this.#stop = undefined;
    this.#clock.clearTimeout(this.#sweep);
    while (this.#held.size > 0) this.#orphan(this.#held.takeOldest());
    await this.flush();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  stats(): SpanExportStats {
    return {
      exported: this.#exported,
      orphaned: this.#orphaned,
      dropped: this.#dropped,
      failed: this.#failed,
      held: this.#held.size + this.#readySize,
    };
  }

  *collect(): Iterable<MetricSample> {
    const { held, ...outcomes } = this.stats();
    for (const [outcome, value] of Object.entries(outcomes))
      yield {
        type: "counter",
        name: "victor.profiler.export.spans",
        help: "Spans on their way to OpenTelemetry, by what became of them; orphaned ones are exported, too.",
        unit: "{span}",
        labels: { outcome },
        value,
      };
    yield {
      type: "gauge",
      name: "victor.profiler.export.held",
      help: "Spans that wait for their parents or their turn.",
      unit: "{span}",
      labels: {},
      value: held,
    };
  }

  #ended(span: EndedSpan): void {
    // An eighth at a time: one by one would move all others each time, all together would leave no room for their turn.
    if (this.#held.size >= this.#maxSpans) this.#orphan(this.#held.takeSome(Math.ceil(this.#maxSpans / 8)));
    if (this.#readySize >= this.#maxSpans) {
      this.#dropped++;
      return;
    }
    const tree = this.#held.gather(span);
    const { parentId } = span;
    const context = parentId === undefined ? this.#api.ROOT_CONTEXT : this.#contexts.get(parentId);
    if (context !== undefined) this.#replayLater(tree, context);
    else if (parentId !== undefined) {
      if (this.#held.size === 0) this.#sweepLater();
      this.#held.hold(tree, parentId, this.#clock.now());
    }
  }

  #orphan(trees: readonly SpanTree[]): void {
    this.#orphaned += trees.length;
    for (const tree of trees) this.#replayLater(tree, this.#api.ROOT_CONTEXT);
  }

  #sweepLater(): void {
    const sweep = (): void => {
      const since = this.#clock.now() - this.#maxHoldMs;
      for (let old = this.#held.takeOldest(since); old.length > 0; old = this.#held.takeOldest(since))
        this.#orphan(old);
      if (this.#held.size > 0) this.#sweepLater();
    };
    this.#clock.clearTimeout(this.#sweep);
    this.#sweep = this.#clock.setTimeout(sweep, this.#maxHoldMs / 2);
  }

  #replayLater(tree: SpanTree, context: C): void {
    this.#ready.push({ tree, context });
    this.#readySize += tree.size;
    this.#replaying ??= this.#replayAll();
  }

  async #replayAll(): Promise<void> {
    for (let ready = this.#ready.splice(0); ready.length > 0; ready = this.#ready.splice(0)) {
      let turnEndsAt = Number.NEGATIVE_INFINITY;
      // One moment for a tree, or a child could begin before its parent when the clock is set.
      for (const { tree, context } of ready) {
        const moment = { epochMs: Date.now(), monotonicMs: performance.now() };
        const waiting = [{ tree, context }];
        for (let next = waiting.pop(); next; next = waiting.pop()) {
          if (performance.now() >= turnEndsAt) {
            await nextTurn();
            turnEndsAt = performance.now() + turnMs;
          }
          const own = this.#replay(next.tree.span, next.context, moment);
          // Among them those that ended after their parent, while it waited here.
          const late = this.#held.take(next.tree.span.id);
          for (const { size } of late) this.#readySize += size;
          for (const tree of [...next.tree.children, ...late].toReversed())
            waiting.push({ tree, context: own });
        }
      }
    }
    // In the same step as the last look at what is ready: a span that ends between the two would wait for the next one.
    this.#replaying = undefined;
  }

  /** @returns the context for the span's children; its parent's where the tracer threw */
  #replay(span: EndedSpan, context: C, moment: { epochMs: number; monotonicMs: number }): C {
    this.#readySize--;
    let own = context;
    try {
      const traced = replaySpan(this.#tracer, span, context, moment);
      // The context alone, not the span with all that hangs on it.
      const known = this.#api.trace.wrapSpanContext(traced.spanContext());
      own = this.#api.trace.setSpan(this.#api.ROOT_CONTEXT, known);
      this.#exported++;
    } catch {
      this.#failed++;
    }
    this.#contexts.set(span.id, own);
    if (this.#contexts.size > this.#maxSpans) this.#contexts.delete(this.#contexts.keys().next().value!);
    return own;
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
