import { AsyncLocalStorage } from "node:async_hooks";
import { threadId } from "node:worker_threads";
import { isThenable } from "../algorithms/thenable.ts";
import { systemClock } from "../clock.ts";
import { currentTaskContext, type TaskContext, type TaskContextSource } from "../concurrency/task-context.ts";
import type { MetricSample, MetricSource } from "../metrics/metric.ts";
import { callable } from "../options.ts";
import { LiveSpan, type SpanOwner, spanKind } from "./live-span.ts";
import { monotonicMs, threadOriginMs } from "./monotonic-time.ts";
import { type ProfileDecorator, profiled } from "./profiled-function.ts";
import { profilerMetrics } from "./profiler-metrics.ts";
import { flag, type ProfilerOptions, resolveProfilerOptions } from "./profiler-options.ts";
import { ProfilerReport } from "./profiler-report.ts";
import type { ProfilerStats } from "./profiler-stats.ts";
import type { InboxHandle, RemoteSpan, SpanContext } from "./remote-span.ts";
import { disabledSpan, type Span, type SpanOptions } from "./span.ts";
import { SpanInbox } from "./span-inbox.ts";
import { SpanName } from "./span-names.ts";
import type { SpanListener } from "./span-record.ts";
import { SpanSink } from "./span-sink.ts";
import { SpanStore } from "./span-store.ts";

type Body<T> = (span: Span) => T;

const noOptions: SpanOptions = Object.freeze({});
const remoteName = new SpanName("(another thread's)", "(another thread's)", 0);
/** Spans of one thread before its ids reach the next one's; threads beyond 8,192 share ids with earlier ones. */
const idsOfThread = 2 ** 40;
const firstId = (threadId % 2 ** 13) * idsOfThread;

/**
 * Measures stretches of a program, called spans. A span knows the span that it began under, through promises, timers
 * and callbacks, in tasks of a `WorkerPool`, and with `context` and `runInContext` in other threads.
 *
 * Memory is bounded by `maxSpans`, `maxNames` and `slowest`; nothing here keeps the process alive or needs closing.
 */
export class PerformanceProfiler implements MetricSource, TaskContextSource {
  readonly name = "profiler";
  readonly #storage = new AsyncLocalStorage<LiveSpan | undefined>();
  readonly #now: () => number;
  readonly #store: SpanStore;
  readonly #owner: SpanOwner;
  #inbox: SpanInbox | undefined;
  #enabled: boolean;
  #begun = 0;
  #finished = 0;
  #endedAgain = 0;
  #lostBefore = 0;
  #lastId = firstId;

  /** @throws {RangeError | TypeError} on an option that is unknown or out of its bounds */
  constructor(options: ProfilerOptions = {}) {
    const resolved = resolveProfilerOptions(options);
    const { clock } = resolved;
    this.#enabled = resolved.enabled;
    this.#now = clock === systemClock ? monotonicMs : () => clock.now();
    this.#store = new SpanStore(resolved);
    this.#owner = {
      storage: this.#storage,
      now: this.#now,
      finished: (span, endMs) => this.#record(span, endMs),
      endedAgain: () => {
        this.#endedAgain++;
      },
    };
  }

  /** Whether spans are recorded. Those under way when it is switched off still are. */
  get enabled(): boolean {
    return this.#enabled;
  }
  set enabled(yes: boolean) {
    this.#enabled = flag("enabled", yes);
  }

  /**
   * Calls `fn` in a span, which ends when `fn` returns, or when the promise that it returns settles.
   * @param name few different ones, such as `db.query`; what tells one call from another belongs into `metadata`
   * @returns what `fn` does; for a promise, and any other thenable, a native promise that settles alike
   * @throws what `fn` throws, unchanged; the span is recorded as failed
   * @throws {TypeError} on a name or option that is none, or without a function
   */
  span<T>(name: string, fn: Body<T>): T;
  span<T>(name: string, options: SpanOptions, fn: Body<T>): T;
  span(name: string, second: SpanOptions | Body<unknown>, third?: Body<unknown>): unknown {
    const fn = typeof second === "function" ? second : third!;
    if (!this.#enabled) return fn(disabledSpan);
    callable("fn", fn);
    const span = this.#begin(name, typeof second === "function" ? noOptions : second, spanKind.scope, fn);
    let result: unknown;
    try {
      result = span.call();
      if (isThenable(result)) return settling(span, result);
    } catch (error) {
      span.fail(error);
      span.finish();
      throw error;
    }
    span.finish();
    return result;
  }

  /**
   * Begins a span that ends at its `end()`, or where the block of `using` ends. Until then it is current: spans that begin
   * after it in this function, and in what it awaits, are its children.
   *
   * An async function hands that on to its caller until the caller awaits: of functions that run side by side
   * (`Promise.all([a(), b()])`) the second one's spans would fall under the first one's. Use `span(name, fn)` there.
   * @throws {TypeError} on a name or option that is none
   * @example using span = profiler.start("parse", { category: "cpu" });
   */
  start(name: string, options: SpanOptions = noOptions): Span {
    if (!this.#enabled) return disabledSpan;
    const span = this.#begin(name, options, spanKind.started, undefined);
    this.#storage.enterWith(span);
    return span;
  }

  /**
   * Begins a span that isn't current: only what its `run` calls falls under it. For work without a function of its own,
   * such as a stream.
   * @throws {TypeError} on a name or option that is none
   */
  detached(name: string, options: SpanOptions = noOptions): Span {
    return this.#enabled ? this.#begin(name, options, spanKind.scope, undefined) : disabledSpan;
  }

  /**
   * Makes of a function one that runs in a span at each call: a decorator of methods, getters and setters, and a plain
   * wrapper. `this`, name and length stay. A generator's span lasts from its first `next` until it is done.
   * @param name @default the function's own
   * @throws {TypeError} on a name or option that is none; when it decorates something else
   * @example class Orders { @profiler.profile("orders.load", { category: "db" }) async load(id: string) { … } }
   * @example const load = profiler.profile("orders.load")(async (id: string) => { … });
   */
  profile(name?: string, options?: SpanOptions): ProfileDecorator {
    return profiled(() => this, name, options);
  }

  /** The span that is current here. */
  current(): Span | undefined {
    return this.#current();
  }

  /**
   * What another thread needs so that its spans fall under the current one, in this profiler's report: give it to
   * `runInContext` there. A `WorkerPool` needs it not: it asks by `taskContext`. Their records come back through shared
   * memory, and are taken in by `getReport`, `stats`, `collect` and `context`; 2,048 wait at most, later ones are counted
   * as `lost`.
   * @returns `undefined` while profiling is switched off
   */
  context(): SpanContext | undefined {
    const at = this.taskContext();
    return at === undefined ? undefined : { spanId: at.place, ...at.origin };
  }

  /** The same for a `WorkerPool`, which asks at each `run` and has the task's spans fall under the current one. */
  taskContext(): (TaskContext & { readonly origin: InboxHandle }) | undefined {
    if (!this.#enabled) return undefined;
    const span = this.#current();
    const place = span?.id ?? 0;
    if (span?.sink !== undefined) return { origin: span.sink.handle, place };
    this.#inbox ??= new SpanInbox();
    this.#receive();
    return { origin: this.#inbox.handle, place };
  }

  /**
   * Calls `fn` so that spans in it are children of another thread's span, and are in that thread's report as well as here.
   * @param context what `context()` gave there; `undefined` just calls `fn`
   * @returns what `fn` does; for a thenable, a native promise that settles alike, when all records are sent
   */
  runInContext<T>(context: SpanContext | undefined, fn: () => T): T {
    if (!this.#enabled || context === undefined) return fn();
    const anchor = this.#anchor(context, context.spanId);
    const { sink } = anchor;
    sink?.enter();
    let isAsync = false;
    try {
      const result: unknown = this.#storage.run(anchor, fn);
      if (!isThenable(result)) return result as T;
      isAsync = true;
      return Promise.resolve(result).finally(() => sink?.leave()) as T;
    } finally {
      if (!isAsync) sink?.leave();
    }
  }

  /** All that is known now. Spans under way aren't in it. */
  getReport(): ProfilerReport {
    const stats = this.stats();
    const { names, recent, slowest } = this.#store;
    return new ProfilerReport(names.all, recent, slowest, stats);
  }

  stats(): ProfilerStats {
    this.#receive();
    const { count, failed, overwritten, names, listeners } = this.#store;
    return {
      enabled: this.#enabled,
      spans: count,
      failed,
      open: this.#begun - this.#finished,
      endedAgain: this.#endedAgain,
      remote: count - this.#finished,
      lost: (this.#inbox?.lost ?? 0) - this.#lostBefore,
      overwritten,
      overflowed: names.overflowed,
      listenerErrors: listeners.errors,
    };
  }

  collect(): Iterable<MetricSample> {
    return profilerMetrics(this.stats(), this.#store.names.all);
  }

  /**
   * Has `listener` told of each span from now on. One that throws is counted in `stats()`, with a process warning the
   * first time; the code that is measured doesn't notice.
   * @returns ends it; calling it twice does nothing
   * @throws {TypeError} when it is no function
   */
  onSpanEnd(listener: SpanListener): () => void {
    return this.#store.listeners.add(listener);
  }

  /** Forgets all spans that have ended, and their statistics. Names keep their places; spans under way go on. */
  reset(): void {
    this.#receive();
    this.#store.reset();
    this.#begun -= this.#finished;
    this.#finished = 0;
    this.#endedAgain = 0;
    this.#lostBefore = this.#inbox?.lost ?? 0;
  }

  #current(): LiveSpan | undefined {
    const span = LiveSpan.current(this.#storage.getStore());
    if (span !== undefined) return span;
    const task = currentTaskContext();
    return task === undefined ? undefined : this.#anchor(task.origin as InboxHandle, task.place);
  }

  /** Stands for a span of another thread. */
  #anchor(origin: InboxHandle, spanId: number): LiveSpan {
    const own = origin.inbox === this.#inbox?.handle.inbox;
    const none = undefined;
    const anchor = new LiveSpan(this.#owner, remoteName, spanId, none, none, spanKind.scope, none);
    anchor.ended = true;
    anchor.sink = own ? undefined : SpanSink.to(origin);
    return anchor;
  }

  #begin(name: string, options: SpanOptions, kind: number, body: Body<unknown> | undefined): LiveSpan {
    const of = this.#store.names.find(name, options);
    const parent = this.#current();
    this.#begun++;
    const span = new LiveSpan(this.#owner, of, ++this.#lastId, parent, options.metadata, kind, body);
    span.begin();
    return span;
  }

  #record(span: LiveSpan, endMs: number): void {
    this.#finished++;
    this.#store.add(span, endMs - span.startMs, span.selfMs(endMs), threadId);
  }

  #receive(): void {
    const inbox = this.#inbox;
    if (inbox === undefined) return;
    for (let span = inbox.take(); span !== undefined; span = inbox.take()) this.#takeIn(span);
  }

  #takeIn(span: RemoteSpan): void {
    const [id, parentId, name, category, systemMs, durationMs, selfMs, thread, metadata, error] = span;
    const of = this.#store.names.find(name, { category });
    const said = { metadata: metadata ?? undefined, error: error ?? undefined, sink: undefined };
    const remote = { of, id, parentId, startMs: systemMs - threadOriginMs, ...said };
    this.#store.add(remote, durationMs, selfMs, thread);
  }
}

/** Ends the span when the promise settles, as it settles. */
function settling(span: LiveSpan, result: PromiseLike<unknown>): Promise<unknown> {
  // A thenable of another kind may begin its work only when it is waited for.
  const promise = result instanceof Promise ? result : span.run(() => Promise.resolve(result));
  return promise.then(
    (value) => {
      span.finish();
      return value;
    },
    (error) => {
      span.fail(error);
      span.finish();
      throw error;
    },
  );
}
