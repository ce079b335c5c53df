/**
 * What does a span around a function add to a call? Beside the OpenTelemetry SDK, with and without an exporter, and what a
 * span is made of: two looks at the clock, and an async context.
 * Bars: ≤ 2 ns while switched off, ≤ 150 ns while on, OpenTelemetry (the cheaper of its two) ≥ 7×.
 */
import {
  type ArmResult,
  compareArms,
  formatDuration,
  formatRatio,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import { met, named, nsOf, print } from "../figures.ts";

const module = new URL("./arms/span-cost.ts", import.meta.url);
const sdk = named("@opentelemetry/sdk-trace");
const { arms, warnings } = await measureInterleaved({
  // Of a fixed count: calibrated before the compiler has come to it, a round is so short that it never does.
  arms: [
    { name: "profiler.span(name, fn)", module, export: "root" },
    { name: "… with category and metadata", module, export: "rootWithOptions" },
    { name: "… under another span", module, export: "child" },
    { name: "profiler.start(name), end()", module, export: "started" },
    { name: "profiler.span, switched off", module, export: "disabled" },
    { name: `${sdk}, no exporter`, module, export: "openTelemetry", args: { isExported: false } },
    { name: `${sdk}, batches`, module, export: "openTelemetry", args: { isExported: true } },
    { name: "two performance.now()", module, export: "twoTimes" },
    { name: "AsyncLocalStorage.run alone", module, export: "contextAlone" },
    { name: "the call alone", module, export: "bare" },
  ].map((arm) => ({ ...arm, count: 50_000 })),
  processes: 5,
  rounds: 8,
  warmupRounds: 5,
});
for (const arm of arms)
  if (!(arm.answer as { readonly ranEachTime: boolean }).ranEachTime)
    throw new Error(`${arm.name}: expected every call to run`);

const bareNs = nsOf(arms.at(-1)!);
/** Fewer than nothing is noise. */
const addedNs = (arm: ArmResult): number => Math.max(0, nsOf(arm) - bareNs);
const [ours, , child, , off, withoutExporter, withExporter] = arms as [
  ArmResult,
  ArmResult,
  ArmResult,
  ArmResult,
  ArmResult,
  ArmResult,
  ArmResult,
];
const rival = nsOf(withoutExporter) < nsOf(withExporter) ? withoutExporter : withExporter;
const timesOurs = compareArms(rival, ours).wall;
const timesChild = compareArms(rival, child).wall;
print(
  "A span around a call",
  ["arm", "added to the call", "best round", "CPU", "takes × ours, 95 %"],
  arms.map((arm) => [
    arm.name,
    formatDuration(addedNs(arm)),
    formatDuration(Math.max(0, Math.min(...arm.wallNs.flat()) - bareNs)),
    formatDuration(median(arm.cpuNs.flat())),
    arm === ours ? "" : formatRatio(compareArms(arm, ours)),
  ]),
  [
    met("switched off ≤ 2 ns", addedNs(off) <= 2, formatDuration(addedNs(off))),
    met("switched on ≤ 150 ns", addedNs(ours) <= 150, formatDuration(addedNs(ours))),
    met("… under another span ≤ 150 ns", addedNs(child) <= 150, formatDuration(addedNs(child))),
    met(`${rival.name} ≥ 7× ours`, timesOurs.ratio >= 7, formatRatio(timesOurs)),
    met("… ≥ 7× ours under another span", timesChild.ratio >= 7, formatRatio(timesChild)),
  ],
  warnings,
);
