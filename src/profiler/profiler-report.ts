import { type CategoryStats, categoryStats, type NameStats, nameStats } from "./category-stats.ts";
import { type ChromeTrace, chromeTrace } from "./chrome-trace.ts";
import { jsonSpan } from "./metadata-json.ts";
import type { ProfilerStats } from "./profiler-stats.ts";
import { reportMarkdown } from "./report-markdown.ts";
import { spanLanes } from "./span-lanes.ts";
import type { SpanName } from "./span-names.ts";
import type { SpanRecord } from "./span-record.ts";
import { type SpanNode, spanTree } from "./span-tree.ts";
import { type SpeedscopeFile, speedscope } from "./speedscope.ts";

/** What `JSON.stringify(report)` writes. */
export interface ProfilerReportJson {
  readonly stats: ProfilerStats;
  readonly categories: readonly CategoryStats[];
  readonly names: readonly NameStats[];
  readonly slowest: readonly SpanRecord[];
  readonly spans: readonly SpanRecord[];
}

/** What a profiler knew at one moment; later spans don't change it. */
export class ProfilerReport {
  readonly stats: ProfilerStats;
  /** Of all spans; the category that took most time by itself first. */
  readonly categories: readonly CategoryStats[];
  /** Of all spans, by name and category; the one that took most time by itself first. */
  readonly names: readonly NameStats[];
  /** Of all spans; the slowest first. */
  readonly slowest: readonly SpanRecord[];
  /** The last that ended, `maxSpans` at most, in the order in which they ended (those of other threads, came). */
  readonly spans: readonly SpanRecord[];
  #tree: readonly SpanNode[] | undefined;

  /** @internal */
  constructor(
    names: readonly SpanName[],
    spans: readonly SpanRecord[],
    slowest: readonly SpanRecord[],
    stats: ProfilerStats,
  ) {
    this.stats = stats;
    this.categories = categoryStats(names);
    this.names = nameStats(names);
    this.slowest = slowest;
    this.spans = spans;
  }

  /** `spans` under their parents. One whose parent is not among them stands at the top. */
  get tree(): readonly SpanNode[] {
    this.#tree ??= spanTree(this.spans);
    return this.#tree;
  }

  /** Tables of categories, names and slowest spans, and the tree with equal paths added up. */
  toMarkdown(): string {
    return reportMarkdown(this);
  }

  /** As plain objects. Metadata that JSON can't say is replaced by the reason. */
  toJSON(): ProfilerReportJson {
    const { stats, categories, names, slowest, spans } = this;
    return { stats, categories, names, slowest: slowest.map(jsonSpan), spans: spans.map(jsonSpan) };
  }

  /** `spans` for Perfetto and `chrome://tracing`, to be written as JSON. */
  toChromeTrace(): ChromeTrace {
    return chromeTrace(spanLanes(this.spans));
  }

  /** `spans` for speedscope.app, to be written as JSON. */
  toSpeedscope(): SpeedscopeFile {
    return speedscope(spanLanes(this.spans));
  }
}
