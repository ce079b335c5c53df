/**
 * What does a hit of the response cache cost the client, 1 kB of JSON under 1,000 URLs, with `Vary: accept-encoding`?
 * `lookup` is what a request asks first; `policy` and undici's interceptor go through a handler, awaited one by one.
 * Bars: `lookup` ≤ 3 µs, and ≥ 10× less CPU than undici's interceptor.
 */
import { readFileSync } from "node:fs";
import {
  compareArms,
  formatDuration,
  formatRatio,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import { met, named, print } from "../figures.ts";

const module = new URL("./arms/cache-hit.ts", import.meta.url);
const { version: undiciVersion } = JSON.parse(
  readFileSync(new URL("../../node_modules/undici/package.json", import.meta.url), "utf8"),
) as { version: string };
const names = {
  lookup: "ResponseCache.lookup",
  policy: "ResponseCache.policy",
  undiciInterceptor: `undici ${undiciVersion} cache interceptor`,
  semantics: `${named("http-cache-semantics")} and a Map`,
  bareMap: "just a Map, max-age parsed",
};
type Id = keyof typeof names;
const ids = Object.keys(names) as Id[];

const { arms, warnings } = await measureInterleaved({
  arms: ids.map((id) => ({ name: names[id], module, export: id })),
  processes: 3,
  rounds: 6,
  roundMs: 60,
  warmupRounds: 4,
});
const arm = (id: Id) => arms[ids.indexOf(id)]!;
for (const { name, answer } of arms)
  if (answer !== true)
    throw new Error(`${name}: expected the right response each time, got ${String(answer)}`);

const cpu = (id: Id): number => median(arm(id).cpuNs.flat());
const ratio = cpu("undiciInterceptor") / cpu("lookup");
const policyRatio = cpu("undiciInterceptor") / cpu("policy");
print(
  "A hit of the response cache",
  ["cache", "time", "CPU", "speed × undici, 95 %"],
  ids.map((id) => [
    names[id],
    formatDuration(median(arm(id).wallNs.flat())),
    formatDuration(cpu(id)),
    id === "undiciInterceptor" ? "" : formatRatio(compareArms(arm("undiciInterceptor"), arm(id))),
  ]),
  [
    met("lookup ≤ 3 µs of CPU", cpu("lookup") <= 3000, formatDuration(cpu("lookup"))),
    met("lookup ≥ 10× cheaper than undici's interceptor", ratio >= 10, `${ratio.toFixed(1)}×`),
    `through the policy: ${policyRatio.toFixed(1)}× cheaper`,
  ],
  warnings,
);
