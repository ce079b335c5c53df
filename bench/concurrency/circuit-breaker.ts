/**
 * What does a closed circuit breaker add to a call? Beside `cockatiel` and `opossum`, each with a rate of failures over 10 s and
 * without a timeout, and the call alone.
 */
import {
  compareArms,
  formatDuration,
  formatRatio,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import { named, nsOf, print } from "../figures.ts";

const module = new URL("./arms/circuit-breaker.ts", import.meta.url);
const { arms, warnings } = await measureInterleaved({
  arms: [
    { name: "CircuitBreaker.run", module, export: "ours" },
    { name: "… that looks for slow calls too", module, export: "oursWatchingAll" },
    { name: "… with a signal", module, export: "oursWithSignal" },
    { name: named("cockatiel"), module, export: "byCockatiel" },
    { name: named("opossum"), module, export: "byOpossum" },
    { name: "the call alone", module, export: "bare" },
  ],
  processes: 3,
  rounds: 10,
  roundMs: 40,
});
const [ours] = arms;
const bare = nsOf(arms.at(-1)!);
print(
  "A call through a closed breaker",
  ["arm", "median", "of which the breaker's", "CPU", "takes × ours, 95 %"],
  arms.map((arm) => [
    arm.name,
    formatDuration(nsOf(arm)),
    formatDuration(nsOf(arm) - bare),
    formatDuration(median(arm.cpuNs.flat())),
    arm === ours ? "" : formatRatio(compareArms(arm, ours!)),
  ]),
  [],
  warnings,
);
