import { type AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { ContextFrame } from "./context-frame.ts";
import type { Span } from "./span.ts";
import type { SpanName } from "./span-names.ts";
import { type SpanError, type SpanMetadata, spanError } from "./span-record.ts";
import type { SpanSink } from "./span-sink.ts";

/** Whom a span belongs to. */
export interface SpanOwner {
  readonly storage: AsyncLocalStorage<LiveSpan | undefined>;
  now(): number;
  finished(span: LiveSpan, endMs: number): void;
  endedAgain(): void;
}

/** How a span came to be current. */
export const spanKind = Object.freeze({
  /** By a function: what that starts stays under the span, also when the span has ended. */
  scope: 0,
  /** By `start`: once it has ended, its context is its parent's. */
  started: 1,
});

/** The time of a span in which children were under way. */
interface ChildTime {
  open: number;
  coveredMs: number;
  sinceMs: number;
}

/** A span under way. */
export class LiveSpan implements Span {
  readonly id: number;
  readonly parentId: number;
  readonly of: SpanName;
  readonly #owner: SpanOwner;
  readonly #kind: number;
  #parent: LiveSpan | undefined;
  #body: ((span: Span) => unknown) | undefined;
  metadata: SpanMetadata | undefined;
  error: SpanError | undefined;
  ended = false;
  startMs = 0;
  /** Where its record goes besides, as it came from another thread's span. */
  sink: SpanSink | undefined;
  /** Few have children, and three numbers for each would double the cost of making a span. */
  #children: ChildTime | undefined;

  constructor(
    owner: SpanOwner,
    of: SpanName,
    id: number,
    parent: LiveSpan | undefined,
    metadata: SpanMetadata | undefined,
    kind: number,
    body: ((span: Span) => unknown) | undefined,
  ) {
    this.#owner = owner;
    this.of = of;
    this.id = id;
    this.#parent = parent;
    this.parentId = parent === undefined ? 0 : parent.id;
    this.sink = parent === undefined ? undefined : parent.sink;
    this.metadata = metadata;
    this.#kind = kind;
    this.#body = body;
  }

  get name(): string {
    return this.of.name;
  }
  get category(): string {
    return this.of.category;
  }

  /** The span that is current where `stored` is the context's. */
  static current(stored: LiveSpan | undefined): LiveSpan | undefined {
    let span = stored;
    while (span?.ended && span.#kind === spanKind.started) span = span.#parent;
    return span;
  }

  begin(): void {
    const startMs = this.#owner.now();
    this.startMs = startMs;
    const parent = this.#parent;
    if (parent !== undefined && !parent.ended) parent.#childBegins(startMs);
  }

  /**
   * Calls the body in the span's context.
   *
   * An `AsyncResource` restores the whole async context on leaving a function, at the price of an assignment;
   * `AsyncLocalStorage.run` builds a second context to go back to, which costs more than all the rest here. The span must
   * not hold on to the resource: where the context was copied, it knows the one around it, hence the span before, and so on.
   */
  call(): unknown {
    // A number for the trigger spares its lookup, and options' object.
    const resource = new AsyncResource("VICTOR_SPAN", 0);
    return resource.runInAsyncScope(
      new ContextFrame(this.#owner.storage, this).precede(resource) ? this.#callBody : this.#enterAndCall,
      this,
    );
  }

  #callBody(): unknown {
    const body = this.#body!;
    this.#body = undefined;
    return body(this);
  }

  #enterAndCall(): unknown {
    this.#owner.storage.enterWith(this);
    return this.#callBody();
  }

  set(metadata: SpanMetadata): void {
    if (!this.ended) this.metadata = { ...this.metadata, ...metadata };
  }

  fail(error: unknown): void {
    if (this.ended) return;
    this.error = spanError(error);
  }

  run<T>(fn: () => T): T {
    return this.#owner.storage.run(this, fn);
  }

  end(): void {
    if (this.ended) this.#owner.endedAgain();
    else this.finish();
  }

  [Symbol.dispose](): void {
    this.end();
  }

  /** Ends it, if that hasn't been done. */
  finish(): void {
    if (this.ended) return;
    this.ended = true;
    const endMs = this.#owner.now();
    const parent = this.#parent;
    if (parent !== undefined) {
      if (!parent.ended) parent.#childEnds(endMs);
      this.#letGo(parent);
    } else if (this.#kind === spanKind.started) this.#letGo(undefined);
    this.#owner.finished(this, endMs);
  }

  /** @returns milliseconds until `endMs` in which no child was under way */
  selfMs(endMs: number): number {
    const durationMs = endMs - this.startMs;
    const children = this.#children;
    if (children === undefined) return durationMs;
    const open = children.open > 0 ? endMs - children.sinceMs : 0;
    return Math.max(0, durationMs - children.coveredMs - open);
  }

  #childBegins(nowMs: number): void {
    const children = this.#children;
    if (children === undefined) this.#children = { open: 1, coveredMs: 0, sinceMs: nowMs };
    else if (children.open++ === 0) children.sinceMs = nowMs;
  }

  #childEnds(nowMs: number): void {
    const children = this.#children!;
    if (--children.open === 0) children.coveredMs += nowMs - children.sinceMs;
  }

  /** Nothing keeps ancestors that nobody can come back to, else spans that start each other would add up for ever. */
  #letGo(parent: LiveSpan | undefined): void {
    if (this.#kind === spanKind.scope) {
      this.#parent = undefined;
      return;
    }
    this.#parent = LiveSpan.current(parent);
    const { storage } = this.#owner;
    if (storage.getStore() === this) storage.enterWith(this.#parent);
  }
}
