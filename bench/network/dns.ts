/**
 * What does it cost to ask for the addresses of a name that was asked for before? All of them, as `net.connect` asks; each
 * question after the answer to the one before. The name stands in the hosts file, so that `dns.lookup` needs no network.
 */
import {
  compareArms,
  formatDuration,
  formatRatio,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import { named, print } from "../figures.ts";
import type { LookupId } from "./arms/dns.ts";

const names: Record<LookupId, string> = {
  system: "dns.lookup",
  victor: "DnsCache.lookup",
  cacheable: named("cacheable-lookup"),
  map: "just a Map: no time, no turns, no coalescing",
};
const ids = Object.keys(names) as LookupId[];
const { arms, warnings } = await measureInterleaved({
  arms: ids.map((id) => ({
    name: names[id],
    module: new URL("./arms/dns.ts", import.meta.url),
    args: { id },
  })),
  processes: 3,
  rounds: 4,
  roundMs: 50,
});
const [system] = arms as [(typeof arms)[0]];
print(
  "The addresses of a known name",
  ["lookup", "time", "CPU", "speed × dns.lookup, 95 %"],
  arms.map((arm) => [
    arm.name,
    formatDuration(median(arm.wallNs.flat())),
    formatDuration(median(arm.cpuNs.flat())),
    arm === system ? "" : formatRatio(compareArms(system, arm)),
  ]),
  [],
  warnings,
);
