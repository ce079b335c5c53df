import type { ReportDocument } from "./report-document.ts";

/** How the figures came about, as paragraphs. */
export function methodText(document: ReportDocument): string[] {
  return [
    "Every row asks one question and answers it with two or three variants: the baseline is what a competent developer " +
      "writes without the toolkit, the peer is the best library or idiom of the field where there is one, and the " +
      "optimized variant uses this toolkit. All do the same operations on the same input in the same order.",
    "Each variant runs in a process of its own, and the processes of a row take turns round by round in a shuffled order, " +
      "so that what disturbs the machine disturbs all alike. Every repetition starts new processes. Rounds of the warm-up " +
      "are not counted.",
    "A figure is the median over all rounds of all processes. A ratio is the baseline's median over the optimized one's, " +
      "so 2× means half of the time; in brackets stands its 95 % interval, by a bootstrap over processes and the rounds in " +
      "them. Where the interval holds 1 the row says “no difference shown”: the difference is within the noise of this run. " +
      "CPU time counts user and system time of all threads of the variant's process.",
    ...(document.areas.some(({ rows }) => rows.some(({ unit }) => unit.shown === "counter"))
      ? [
          "A row of memory, of counts or of single times has one figure from each process, and its interval comes from the processes alone. Memory " +
            "is what is held once the collector has run.",
        ]
      : []),
    "A check compares the variants' answers: for the database a sum over every row that was read, in order, and the " +
      "content of the tables afterwards. Where they differ, no figure is claimed.",
    `All data and keys come from seed ${document.seed}. The reference column quotes the claims of the report whose successor ` +
      "this is; it names no workload, so its figures and these can be set side by side but not equated.",
  ];
}

/** What the figures don't say: of the areas, and of every report. */
export function limitsText(document: ReportDocument): string[] {
  return [
    ...document.areas.flatMap(({ limits }) => limits),
    "The workloads are made up. They show what the toolkit does with such queries on this machine, not what it will do " +
      "with yours.",
    "The variants share the machine with each other and with whatever else runs on it.",
  ];
}

/** What the report's head says: name to value. */
export function headLines(document: ReportDocument): [name: string, value: string][] {
  return [
    ["Measured", `${document.startedAt}, in ${document.durationSeconds} s`],
    ["Toolkit", `victor-optimizations ${document.version}`],
    ["Database rows on", document.engine],
    ["Kind", document.quick ? "quick (fewer processes and rounds, so wider intervals)" : "full"],
  ];
}
