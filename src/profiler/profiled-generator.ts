import type { Span } from "./span.ts";

type SyncGenerator = Generator<unknown, unknown, unknown>;
export type AnyGenerator = SyncGenerator | AsyncGenerator<unknown, unknown, unknown>;

/**
 * A generator that gives what `inner` does, in a span from the first step to the end; the consumer's time between steps
 * counts. Each step of `inner` runs under the span. One that is left in the middle without `return` never ends its span.
 */
export function profiledGenerator(inner: AnyGenerator, begin: () => Span): AnyGenerator {
  return Symbol.asyncIterator in inner ? asyncSteps(inner, begin) : steps(inner, begin);
}

function* steps(inner: SyncGenerator, begin: () => Span): SyncGenerator {
  const span = begin();
  try {
    return yield* {
      next: (value: unknown) => span.run(() => inner.next(value)),
      return: (value: unknown) => span.run(() => inner.return(value)),
      throw: (error: unknown) => span.run(() => inner.throw(error)),
      [Symbol.iterator]() {
        return this;
      },
    };
  } catch (error) {
    span.fail(error);
    throw error;
  } finally {
    span.end();
  }
}

async function* asyncSteps(
  inner: AsyncGenerator<unknown, unknown, unknown>,
  begin: () => Span,
): AsyncGenerator<unknown, unknown, unknown> {
  const span = begin();
  try {
    return yield* {
      next: (value: unknown) => span.run(() => inner.next(value)),
      return: (value: unknown) => span.run(() => inner.return(value)),
      throw: (error: unknown) => span.run(() => inner.throw(error)),
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  } catch (error) {
    span.fail(error);
    throw error;
  } finally {
    span.end();
  }
}
