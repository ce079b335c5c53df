import fc from "fast-check";
import { PerformanceProfiler, type Span } from "../../src/profiler/index.ts";
import { ManualClock } from "./manual-clock.ts";

/** Begin a span under another (which may have ended), end one, or let time pass; numbers wrap around. */
export type SpanStep =
  | { readonly kind: "begin"; readonly parent: number }
  | { readonly kind: "end"; readonly which: number }
  | { readonly kind: "pass"; readonly ms: number };

export const spanSteps: fc.Arbitrary<readonly SpanStep[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("begin" as const), parent: fc.nat(1000) }),
    fc.record({ kind: fc.constant("end" as const), which: fc.nat(1000) }),
    fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 4 }) }),
  ),
  // Without a size, arrays of ten at most.
  { maxLength: 60, size: "max" },
);

/** A span as the simplest model knows it: whole milliseconds. */
export interface ModelSpan {
  readonly id: number;
  readonly parent: ModelSpan | undefined;
  readonly startMs: number;
  endMs: number | undefined;
}

/** Does the same with a profiler and a model. */
export function runSteps(steps: readonly SpanStep[]) {
  const clock = new ManualClock(100);
  const profiler = new PerformanceProfiler({ clock });
  const spans: { readonly live: Span; readonly model: ModelSpan }[] = [];
  for (const step of steps) {
    if (step.kind === "pass") clock.block(step.ms);
    else if (step.kind === "begin") {
      // One more than there are: under none.
      const parent = spans[step.parent % (spans.length + 1)];
      const begin = (): Span => profiler.detached(`span ${spans.length % 3}`, { category: "model" });
      const live = parent === undefined ? begin() : parent.live.run(begin);
      const model = { id: live.id, parent: parent?.model, startMs: clock.now(), endMs: undefined };
      spans.push({ live, model });
    } else if (spans.length > 0) {
      const { live, model } = spans[step.which % spans.length]!;
      live.end();
      model.endMs ??= clock.now();
    }
  }
  return { profiler, models: spans.map(({ model }) => model) };
}

/** Counts the milliseconds of a span that are in no child of it, one by one. */
export function modelSelfMs(span: ModelSpan, all: readonly ModelSpan[]): number {
  const children = all.filter(({ parent }) => parent === span);
  let own = 0;
  for (let ms = span.startMs; ms < span.endMs!; ms++)
    if (!children.some(({ startMs, endMs }) => startMs <= ms && (endMs === undefined || endMs > ms))) own++;
  return own;
}
