/**
 * How many requests are answered in time by a service that is offered twice what it can do? An answer after 200 ms is
 * worthless; who asked gives up then, but the service, which queues without bound, works on it all the same. It is a worker thread,
 * asked by messages, at real times; requests come at random. What counts is the whole run, the first second
 * included. All services run at the same time, one arm after the other.
 * Bars: `AdaptiveSemaphore` without any option ≥ 90 % of the capacity and ≥ 15× unlimited with each service, and
 * when the capacity halves and comes back.
 */
import { formatFigure, markdownTable, measureInterleaved } from "../../src/measure/index.ts";
import { guardNames } from "./arms/overload-goodput.ts";
import { mostAnswers, noted, runMs, scenarios } from "./arms/scenarios.ts";

const wanted = process.argv.slice(2);
const names = wanted.length === 0 ? guardNames : guardNames.filter((name) => wanted.includes(name));
const { arms } = await measureInterleaved({
  arms: names.map((guard) => ({
    name: guard,
    module: new URL("./arms/overload-goodput.ts", import.meta.url),
    args: { guard },
    count: 1,
  })),
  processes: 1,
  rounds: 1,
  warmupRounds: 0,
});
const ours = arms.find(({ name }) => name === "AdaptiveSemaphore, untuned");
const unlimited = arms.find(({ name }) => name === "unlimited");

for (const [i, scenario] of scenarios.entries()) {
  const most = mostAnswers(scenario);
  const figure = (arm: (typeof arms)[0], key: string): number => arm.counters[`${i}.${key}`]!;
  console.log(`### ${scenario.name}: ${Math.round((1000 * most) / runMs)}/s on average\n`);
  const rows = arms.map((arm) => [
    arm.name,
    `${formatFigure((1000 * figure(arm, "good")) / runMs)}/s`,
    `${((100 * figure(arm, "good")) / most).toFixed(0)} %`,
    `${formatFigure((1000 * figure(arm, "sent")) / runMs)}/s`,
    `${formatFigure(figure(arm, "p50"))} ms`,
    `${formatFigure(figure(arm, "p99"))} ms`,
    Number.isFinite(figure(arm, "limit0"))
      ? Array.from({ length: noted }, (_, at) => figure(arm, `limit${at}`)).join(" ")
      : "none",
  ]);
  const headers = ["arm", "answers in time", "of the capacity", "sent", "p50", "p99", "limit over time"];
  console.log(markdownTable(headers, rows));
  if (ours !== undefined && unlimited !== undefined) {
    const share = figure(ours, "good") / most;
    const ratio = figure(ours, "good") / Math.max(1, figure(unlimited, "good"));
    console.log(
      `\n- ≥ 90 % of the capacity: ${share >= 0.9 ? "met" : "missed"} (${(100 * share).toFixed(1)} %)`,
    );
    console.log(`- ≥ 15× unlimited: ${ratio >= 15 ? "met" : "missed"} (${ratio.toFixed(0)}×)`);
  }
  console.log();
}
console.log(
  markdownTable(
    ["arm", "CPU of client and services", "time in which the client stood still for 10 ms or more"],
    arms.map(({ name, cpuNs, counters }) => [
      name,
      `${((100 * cpuNs[0]![0]!) / 1e6 / runMs).toFixed(0)} %`,
      `${((100 * counters["0.stalledMs"]!) / runMs).toFixed(1)} %`,
    ]),
  ),
);
console.log("\nA machine that stands still for some percent of the time costs each arm as much at least.");
