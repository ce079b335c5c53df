/**
 * When 100 requests go at once to an origin over TLS that nothing is connected to, how long until all are answered, and
 * how many connections does that take? The server is on this machine and offers HTTP/2 and HTTP/1.1.
 * Bars: ≥ 2.5 × as fast as undici on HTTP/1.1, ≤ 4 connections.
 */
import { formatFigure, measureInterleaved } from "../../src/measure/index.ts";
import { met, named, print } from "../figures.ts";
import type { ClientId } from "./arms/connection-clients.ts";
import { localOrigin } from "./arms/local-origin.ts";

const burst = 100;
const origin = await localOrigin();
const names: Partial<Record<ClientId, string>> = {
  transport: "Transport",
  transportHttp1: "Transport, HTTP/1.1",
  undiciHttp1: "undici, HTTP/1.1",
  undici: "undici, HTTP/2 allowed (its default)",
  byHand: "node:http2, one session by hand",
  got: `${named("got")}, http2`,
  fetch: "global fetch",
};
const ids = Object.keys(names) as ClientId[];
const { arms, warnings } = await measureInterleaved({
  arms: ids.map((id) => ({
    name: names[id]!,
    module: new URL("./arms/cold-burst.ts", import.meta.url),
    args: { id, origin, burst },
    count: 1,
  })),
  processes: 3,
  rounds: 4,
  warmupRounds: 1,
});
const figures = (id: ClientId) =>
  arms[ids.indexOf(id)]!.counters as Record<"ms" | "cpuMs" | "connections", number>;
const baseline = figures("undiciHttp1").ms;
const ours = figures("transport");
const ratio = baseline / ours.ms;
print(
  `A cold burst of ${burst} over TLS`,
  ["client", "all answered after", "client CPU", "connections, at most", "speed × undici on HTTP/1.1"],
  ids.map((id) => {
    const { ms, cpuMs, connections } = figures(id);
    return [
      names[id]!,
      `${formatFigure(ms)} ms`,
      `${formatFigure(cpuMs)} ms`,
      String(connections),
      `${(baseline / ms).toFixed(2)}×`,
    ];
  }),
  [
    met("≥ 2.5× as fast as undici on HTTP/1.1", ratio >= 2.5, `${ratio.toFixed(2)}×`),
    met("≤ 4 connections", ours.connections <= 4, `${ours.connections}`),
  ],
  warnings,
);
