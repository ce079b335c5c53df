/**
 * What does `Transport.dispatch` cost above undici's own `Agent.dispatch`? Plain HTTP/1.1 on keep-alive, 50 requests at a
 * time, the same bare handler; and the built-in `fetch` beside them.
 * Bars: CPU ≤ 1.1 × undici's, ≥ 6 × less than `fetch`.
 */
import {
  compareArms,
  formatDuration,
  formatRatio,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import { met, print } from "../figures.ts";
import type { ClientId } from "./arms/connection-clients.ts";
import { localOrigin } from "./arms/local-origin.ts";

const { plain } = await localOrigin();
const names: Partial<Record<ClientId, string>> = {
  undici: "undici Agent.dispatch",
  transport: "Transport.dispatch",
  fetch: "global fetch",
};
const ids = Object.keys(names) as ClientId[];
const { arms, warnings } = await measureInterleaved({
  arms: ids.map((id) => ({
    name: names[id]!,
    module: new URL("./arms/steady-requests.ts", import.meta.url),
    args: { id, origin: plain, concurrent: 50 },
    count: 2_000,
  })),
  processes: 3,
  rounds: 4,
  warmupRounds: 2,
});
const [undici, transport, fetched] = arms as [(typeof arms)[0], (typeof arms)[0], (typeof arms)[0]];
const cpu = (arm: (typeof arms)[0]) => median(arm.cpuNs.flat());
const above = cpu(transport) / cpu(undici);
const below = cpu(fetched) / cpu(transport);
print(
  "A request on keep-alive, 50 at a time",
  ["client", "CPU", "time", "CPU: fetch's × this, 95 %"],
  arms.map((arm) => [
    arm.name,
    formatDuration(cpu(arm)),
    formatDuration(median(arm.wallNs.flat())),
    arm === fetched ? "" : formatRatio(compareArms(fetched, arm).cpu),
  ]),
  [
    met("CPU ≤ 1.1 × undici's", above <= 1.1, `${above.toFixed(2)}×`),
    met("≥ 6 × less CPU than fetch", below >= 6, `${below.toFixed(2)}×`),
  ],
  warnings,
);
