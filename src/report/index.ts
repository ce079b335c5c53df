export { type HeapFormat, heapFormats, renderHeap } from "./heap-report.ts";
export { type ProgressOutput, progressOutput, type ReportProgress } from "./progress.ts";
export { renderHtml } from "./render-html.ts";
export { renderMarkdown } from "./render-markdown.ts";
export {
  type AreaResult,
  type Repetitions,
  type ReportDocument,
  type RowComparison,
  type RowResult,
  type RowVerdict,
  type Spread,
  schemaVersion,
  type VariantResult,
} from "./report-document.ts";
export { type ReportFormat, reportFormats } from "./report-files.ts";
export { type ReportOptions, type ReportRun, reportPlans, runReport } from "./run-report.ts";
export {
  type AmountKind,
  type CheckResult,
  type Counters,
  type CounterUnit,
  type Engine,
  engines,
  type Figure,
  type MissingVariant,
  type OpenRoom,
  type Plan,
  type ReferenceClaim,
  type Room,
  type RoomContext,
  sameAnswers,
  type TimeUnit,
  type Unit,
  type Variant,
  type VariantAnswer,
  type Workload,
} from "./workload.ts";
export { rooms } from "./workload-list.ts";
