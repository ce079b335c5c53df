/**
 * What does an async function with two awaits take under a span? Beside `AsyncLocalStorage` alone, which only carries the
 * context, and the OpenTelemetry SDK.
 * Bar: ≤ 1.5× `AsyncLocalStorage` alone.
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

const module = new URL("./arms/async-context.ts", import.meta.url);
const { arms, warnings } = await measureInterleaved({
  // Of a fixed count: calibrated before the compiler has come to it, a round is so short that it never does.
  arms: [
    { name: "profiler.span(name, fn)", module, export: "ours" },
    { name: "profiler.profile(name)(fn)", module, export: "oursAsWrapper" },
    { name: "profiler.start(name) in the function", module, export: "oursStarted" },
    { name: "profiler.span, switched off", module, export: "oursDisabled" },
    { name: "AsyncLocalStorage.run alone", module, export: "contextAlone" },
    { name: `${named("@opentelemetry/sdk-trace")}, batches`, module, export: "openTelemetry" },
    { name: "the function alone", module, export: "bare" },
  ].map((arm) => ({ ...arm, count: 30_000 })),
  processes: 5,
  rounds: 8,
  warmupRounds: 5,
});
for (const arm of arms)
  if (!(arm.answer as { readonly ranEachTime: boolean }).ranEachTime)
    throw new Error(`${arm.name}: expected every call to run`);

const [ours, wrapper, , , alone] = arms as [ArmResult, ArmResult, ArmResult, ArmResult, ArmResult];
const times = (arm: ArmResult) => compareArms(arm, alone).wall;
print(
  "An async function with two awaits under a span",
  ["arm", "a call", "best round", "CPU", "takes × AsyncLocalStorage alone, 95 %"],
  arms.map((arm) => [
    arm.name,
    formatDuration(nsOf(arm)),
    formatDuration(Math.min(...arm.wallNs.flat())),
    formatDuration(median(arm.cpuNs.flat())),
    arm === alone ? "" : formatRatio(times(arm)),
  ]),
  [
    met("span ≤ 1.5× AsyncLocalStorage alone", times(ours).ratio <= 1.5, formatRatio(times(ours))),
    met("wrapper ≤ 1.5×", times(wrapper).ratio <= 1.5, formatRatio(times(wrapper))),
  ],
  warnings,
);
