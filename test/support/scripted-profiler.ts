import type { SpanOrigin } from "../../src/metrics/export/export-spans.ts";
import type { EndedSpan } from "../../src/metrics/export/held-spans.ts";

/** Spans end when the test says so. */
export class ScriptedProfiler implements SpanOrigin {
  readonly listeners = new Set<(span: EndedSpan) => void>();

  onSpanEnd(listener: (span: EndedSpan) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  end(span: EndedSpan): void {
    for (const listener of this.listeners) listener(span);
  }
}

/** A span that has ended, of these fields and plain others. */
export function ended(fields: Partial<EndedSpan> & { readonly id: number }): EndedSpan {
  return {
    name: `span ${fields.id}`,
    category: "test",
    startMs: fields.id,
    durationMs: 1,
    failed: false,
    threadId: 0,
    ...fields,
  };
}
