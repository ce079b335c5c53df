import type { EndedSpan } from "./held-spans.ts";
import type { EpochTime } from "./metric-data.ts";
import { type SpanAttribute, spanAttributes } from "./span-attributes.ts";

/** What is used of a `Span` of `@opentelemetry/api`. */
export interface TracedSpan {
  spanContext(): { traceId: string; spanId: string; traceFlags: number };
  recordException(exception: { name: string; message: string }, time?: EpochTime): void;
  setStatus(status: { code: 2; message?: string }): unknown;
  end(endTime?: EpochTime): void;
}

/** What is used of a `Tracer` of `@opentelemetry/api`. */
export interface StartingTracer<C, S extends TracedSpan> {
  startSpan(
    name: string,
    options: { startTime: EpochTime; attributes: Record<string, SpanAttribute> },
    context: C,
  ): S;
}

/** One moment, by both clocks. */
export interface Moment {
  /** `Date.now()`, whole milliseconds. */
  readonly epochMs: number;
  /** `performance.now()` */
  readonly monotonicMs: number;
}

/** Starts and ends a span that is long over, at its own times. Failed ones have the status ERROR and an exception. */
export function replaySpan<C, S extends TracedSpan>(
  tracer: StartingTracer<C, S>,
  span: EndedSpan,
  context: C,
  moment: Moment,
): S {
  const startTime = epochOf(span.startMs, moment);
  const endTime = epochOf(span.startMs + span.durationMs, moment);
  const traced = tracer.startSpan(span.name, { startTime, attributes: spanAttributes(span) }, context);
  if (span.failed) {
    const { error } = span;
    if (error) traced.recordException({ name: error.name, message: error.message }, endTime);
    traced.setStatus(error ? { code: 2, message: error.message } : { code: 2 });
  }
  traced.end(endTime);
  return traced;
}

/** Whole and part apart: a double has no room for nanoseconds since 1970. */
function epochOf(monotonicMs: number, moment: Moment): EpochTime {
  const since = monotonicMs - moment.monotonicMs;
  const whole = Math.floor(since);
  const epochMs = moment.epochMs + whole;
  const seconds = Math.floor(epochMs / 1000);
  const nanos = Math.round((epochMs - seconds * 1000 + (since - whole)) * 1e6);
  return nanos < 1e9 ? [seconds, nanos] : [seconds + 1, 0];
}
