import type { SpanMetadata } from "./span-record.ts";

/** What a span is begun with. */
export interface SpanOptions {
  /** What statistics are grouped by: `db`, `http`, `render`. Few, and known beforehand. @default "general" */
  readonly category?: string | undefined;
  /** What tells this span from others of its name. @default none */
  readonly metadata?: SpanMetadata | undefined;
}

/** A stretch of work under way. */
export interface Span {
  /** 0 while profiling is switched off. */
  readonly id: number;
  readonly name: string;
  readonly category: string;
  readonly ended: boolean;
  /** Adds to the metadata; a key that is there already is replaced. Without effect once it has ended. */
  set(metadata: SpanMetadata): void;
  /** Has it recorded as failed. The span goes on. Without effect once it has ended. */
  fail(error: unknown): void;
  /** Calls `fn` so that spans which begin in it, or in what it starts, are children of this one. */
  run<T>(fn: () => T): T;
  /** Ends it, from any function or async context. Only the first call counts; later ones are counted in `stats()`. */
  end(): void;
  /** The same as `end`. It isn't told of an error that leaves the block: call `fail`, or use `span(name, fn)`. */
  [Symbol.dispose](): void;
}

/** Given while profiling is switched off: takes everything, does nothing. */
export const disabledSpan: Span = Object.freeze({
  id: 0,
  name: "",
  category: "",
  ended: true,
  set() {},
  fail() {},
  run: <T>(fn: () => T): T => fn(),
  end() {},
  [Symbol.dispose]() {},
});
