/**
 * Does a request cost more CPU on HTTP/1.1 or on HTTP/2, over TLS on a fast link? With 1, 10 and 50 under way at a time, and a
 * server that answers at once or after 20 ms. `Transport` chooses by itself.
 */
import {
  compareArms,
  formatDuration,
  formatRatio,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import { print } from "../figures.ts";
import type { ClientId } from "./arms/connection-clients.ts";
import { localOrigin } from "./arms/local-origin.ts";

const module = new URL("./arms/steady-requests.ts", import.meta.url);
const names: Partial<Record<ClientId, string>> = {
  transportHttp1: "Transport, HTTP/1.1",
  transportHttp2: "Transport, HTTP/2",
  transport: "Transport, by its own choice",
  undiciHttp1: "undici, HTTP/1.1",
  undici: "undici, HTTP/2 allowed (its default)",
};
const ids = Object.keys(names) as ClientId[];
const rows: string[][] = [];
const said: string[] = [];
for (const delayMs of [0, 20]) {
  // Both servers' certificate is read by the arms when they start.
  const { secure } = await localOrigin(delayMs);
  for (const concurrent of [1, 10, 50]) {
    const { arms, warnings } = await measureInterleaved({
      arms: ids.map((id) => ({
        name: names[id]!,
        module,
        args: { id, origin: secure, concurrent },
        count: delayMs === 0 ? 300 : 8 * concurrent,
      })),
      processes: 2,
      rounds: 3,
      warmupRounds: 1,
    });
    const cpuUs = (id: ClientId) => median(arms[ids.indexOf(id)]!.cpuNs.flat());
    const base = arms[ids.indexOf("transportHttp1")]!;
    rows.push(
      ...arms.map((arm) => [
        `${delayMs} ms`,
        String(concurrent),
        arm.name,
        formatDuration(median(arm.cpuNs.flat())),
        formatDuration(median(arm.wallNs.flat())),
        arm === base ? "" : formatRatio(compareArms(arm, base).cpu),
      ]),
    );
    const share = cpuUs("transportHttp2") / cpuUs("transportHttp1");
    said.push(`${delayMs} ms, ${concurrent} at a time: HTTP/2 costs ${share.toFixed(2)} × HTTP/1.1's CPU`);
    for (const warning of warnings) said.push(`Warning: ${warning}`);
  }
}
print(
  "CPU of a request, over TLS on loopback",
  ["server answers after", "at a time", "client", "CPU", "time", "CPU × HTTP/1.1's, 95 %"],
  rows,
  said.filter((line) => !line.startsWith("Warning")),
  said.filter((line) => line.startsWith("Warning")).map((line) => line.slice("Warning: ".length)),
);
