import type { MetricSample, MetricSource } from "../../metrics/metric.ts";
import { type Lookup, LookupCache } from "../lookup-cache.ts";
import { nowMs } from "../own-time.ts";
import { PatchedMethod } from "../patched-method.ts";
import type { OptimizationStep } from "../step.ts";
import { watchedLookup } from "../watched-lookup.ts";

/**
 * Answers of `dns.lookup` are used again for 2 s (`dnsTtlMs`), by all that connects: `http`, `fetch`, `undici`, drivers.
 * The system's own look-up is asked, so files of hosts, search domains and the order of addresses hold as before.
 */
export const dnsCache: OptimizationStep = {
  id: "dns-cache",
  title: "Short DNS cache",
  risk: "safe",
  apply(context) {
    const dns = process.getBuiltinModule("node:dns");
    const { dnsTtlMs } = context.settings;
    const cache = new LookupCache(dnsTtlMs, { now: nowMs }, () => dns.getDefaultResultOrder());
    const { isOn } = context;
    const begin = context.callsOf("dns-cache");
    const patch = new PatchedMethod(dns, "lookup", (original, own) => {
      function lookup(this: unknown, ...args: never[]): unknown {
        if (!own.isActive) return Reflect.apply(original, this, args);
        if (begin !== undefined) return watchedLookup(cache, original as Lookup, this, args, begin);
        const host: unknown = args[0];
        return isOn === undefined || isOn("dns-cache", typeof host === "string" ? host : undefined)
          ? cache.lookup(original as Lookup, this, args)
          : Reflect.apply(original, this, args);
      }
      return lookup;
    });
    const source: MetricSource = { name: "victor.auto.dns", collect: () => samples(cache) };
    context.addSource(source);
    return {
      describe: () => ({
        state: "applied",
        reason: `answers of dns.lookup are used again for ${dnsTtlMs} ms`,
        changes: ["dns.lookup"],
      }),
      undo() {
        context.removeSource(source);
        cache.clear();
        // An ES module that took the name meanwhile would keep the replacement.
        if (patch.undo()) process.getBuiltinModule("node:module").syncBuiltinESMExports();
      },
    };
  },
};

function* samples(cache: LookupCache): Iterable<MetricSample> {
  const outcomes = { hit: cache.hits, miss: cache.misses, joined: cache.joined };
  for (const [outcome, value] of Object.entries(outcomes))
    yield {
      type: "counter",
      name: "victor.dns.lookups",
      help: "Look-ups by what became of them: answered from the cache, asked, or joined to one under way.",
      unit: "{lookup}",
      labels: { outcome },
      value,
    };
}
