import type { SpanMetadata, SpanRecord } from "./span-record.ts";

/** @returns the metadata; when JSON can't say it, what is wrong with it in its place */
export function jsonMetadata(metadata: SpanMetadata): SpanMetadata {
  try {
    JSON.stringify(metadata);
    return metadata;
  } catch (error) {
    return { unreadable: error instanceof Error ? error.message : typeof error };
  }
}

/** The span with metadata that JSON can say. */
export function jsonSpan(span: SpanRecord): SpanRecord {
  return span.metadata === undefined ? span : { ...span, metadata: jsonMetadata(span.metadata) };
}
