/**
 * What does one push of 5,000 histogram series cost, and how long does it hold the event loop? Each series has three labels and
 * has had one more value since the push before. The time is that of the whole push, the registry's collection included; "by
 * hand" joins all lines, with quantiles since the beginning, and writes them at once.
 * Bar: the event loop is held ≤ 20 ms at a time, as at a scrape.
 */
import { compareArms, formatDuration, formatRatio, measureInterleaved } from "../../src/measure/index.ts";
import { met, nsOf, print } from "../figures.ts";

const series = 5_000;
const barMs = 20;
const rivals = [
  ["Graphite by hand", "byHand"],
  ["GraphiteSink, plaintext", "plaintext"],
  ["GraphiteSink, pickle", "pickle"],
  ["StatsdSink, UDP", "statsd"],
  ["metricProducer, explicit", "explicit"],
  ["metricProducer, exponential", "exponential"],
] as const;

const { arms, warnings } = await measureInterleaved({
  arms: rivals.map(([name, exported]) => ({
    name,
    module: new URL("./arms/push.ts", import.meta.url),
    export: exported,
    args: { series },
    count: 1,
  })),
  processes: 3,
  rounds: 2,
  warmupRounds: 1,
});
const [byHand] = arms;
const longestMs = (arm: (typeof arms)[number]): number =>
  Math.max(...arm.countersByProcess.map(({ longestMs = 0 }) => longestMs));
print(
  `One push of ${series} histogram series`,
  ["", "push", "by hand ÷ this", "event loop held"],
  arms.map((arm) => [
    arm.name,
    formatDuration(nsOf(arm)),
    arm === byHand ? "" : formatRatio(compareArms(byHand!, arm)),
    `${longestMs(arm).toFixed(1)} ms`,
  ]),
  arms
    .slice(1)
    .map((arm) =>
      met(
        `${arm.name}: event loop held ≤ ${barMs} ms`,
        longestMs(arm) <= barMs,
        `${longestMs(arm).toFixed(1)} ms`,
      ),
    ),
  warnings,
);
