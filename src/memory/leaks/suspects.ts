import { getHeapStatistics } from "node:v8";
import type { AllocationSite } from "./allocation-site.ts";
import { siteText } from "./allocation-site.ts";
import type { Holder } from "./holder-growth.ts";
import {
  type ClassGrowth,
  type GrowthRate,
  type LeakReport,
  type LeakSuspect,
  severityOf,
} from "./leak-report.ts";
import type { GrowingSite } from "./site-growth.ts";

export interface Evidence {
  readonly per: LeakReport["per"];
  readonly rate: GrowthRate;
  readonly sites: readonly GrowingSite[];
  readonly classes: readonly ClassGrowth[];
  readonly holders: readonly Holder[];
  /** Whether part of the growth is outside of V8's heap. */
  readonly isExternal: boolean;
}

/** Kinds of objects that everything is made of: a class of the program's own says more. */
const plain = new Set([
  "Object",
  "Array",
  "Function",
  "AsyncFunction",
  "Promise",
  "Map",
  "Set",
  "String",
  "Number",
]);

/** Puts together what the stages found. */
export function suspectsOf({ per, rate, sites, classes, holders, isExternal }: Evidence): LeakSuspect[] {
  const { heap_size_limit, used_heap_size } = getHeapStatistics();
  const free = heap_size_limit - used_heap_size;
  return sites.map(({ live, share, low, high }, rank) => {
    const holder = holders.length === 1 ? holders[0] : holders[rank];
    const bytes = rate.bytes * share;
    return {
      constructorName: holder?.held || mostTelling(classes)?.name,
      site: live.site,
      stack: live.stack,
      rate: { bytes, low: rate.low * low, high: rate.high * high },
      share,
      severity: severityOf(bytes, per, free),
      holder,
      retainingPath: holder?.path,
      nextStep: nextStep(live.site, holder, isExternal),
    };
  });
}

/** The most numerous class of the program's own, unless it is rare beside plain objects. */
function mostTelling(classes: readonly ClassGrowth[]): ClassGrowth | undefined {
  const most = classes[0];
  return classes.find(({ name, rate }) => !plain.has(name) && rate >= 0.1 * most!.rate) ?? most;
}

function nextStep(site: AllocationSite, holder: Holder | undefined, isExternal: boolean): string {
  if (holder !== undefined)
    return `Let ${holder.property || holder.name} (${holder.name}) give up each ${holder.held || "object"} when it is done with, or bound it.`;
  const buffers = isExternal ? "; much of it is outside V8's heap, in buffers that these objects hold" : "";
  return `See what keeps that which ${siteText(site)} allocates${buffers}; ask for retaining paths to have it named.`;
}
