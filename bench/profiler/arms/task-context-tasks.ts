import { getProfiler, type SpanContext } from "../../../src/profiler/index.ts";

const profiler = getProfiler();

export const plain = (n: number): number => n + 1;

export const measured = (n: number): number => profiler.span("job", () => n + 1);

export const measuredByHand = (n: number, context: SpanContext | undefined): number =>
  profiler.runInContext(context, () => profiler.span("job", () => n + 1));
