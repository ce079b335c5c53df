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

/** Puts together what the stages found. Where no site shows, what holds the objects is still named. */
export function suspectsOf(evidence: Evidence): LeakSuspect[] {
  const { sites, holders } = evidence;
  if (sites.length === 0) return holders.map((holder) => suspectOf(evidence, undefined, holder));
  const matched = holdersOf(sites, holders);
  return sites.map((growing) => suspectOf(evidence, growing, matched.get(growing)));
}

/**
 * Which holder has what a site allocated. A function of the stack that is called like the class of the held objects, their
 * constructor, tells most; then that both grow by a like part of the whole. Each holder goes to the best site, and to others only
 * when it is the only one.
 */
function holdersOf(
  sites: readonly GrowingSite[],
  holders: readonly Holder[],
): ReadonlyMap<GrowingSite, Holder> {
  if (holders.length === 1) return new Map(sites.map((site) => [site, holders[0]!]));
  const total = holders.reduce((sum, { bytes }) => sum + bytes, 0);
  const pairs = sites.flatMap((site) =>
    holders.map((holder) => {
      const isConstructed = site.live.stack.some(({ functionName }) => functionName === holder.held);
      const apart = Math.abs(site.share - holder.bytes / total);
      return { site, holder, likeness: Number(isConstructed) - apart };
    }),
  );
  const matched = new Map<GrowingSite, Holder>();
  const taken = new Set<Holder>();
  for (const { site, holder } of pairs.sort((a, b) => b.likeness - a.likeness)) {
    if (matched.has(site) || taken.has(holder)) continue;
    matched.set(site, holder);
    taken.add(holder);
  }
  return matched;
}

function suspectOf(
  { per, rate, classes, isExternal }: Evidence,
  growing: GrowingSite | undefined,
  holder: Holder | undefined,
): LeakSuspect {
  const { heap_size_limit, used_heap_size } = getHeapStatistics();
  const share = growing?.share ?? Math.min(1, (holder?.bytes ?? 0) / rate.bytes);
  const bytes = rate.bytes * share;
  const site = growing?.live.site;
  return {
    constructorName: holder?.held || mostTelling(classes)?.name,
    site,
    stack: growing?.live.stack ?? [],
    rate: { bytes, low: rate.low * (growing?.low ?? share), high: rate.high * (growing?.high ?? share) },
    share,
    severity: severityOf(bytes, per, heap_size_limit - used_heap_size),
    holder,
    retainingPath: holder?.path,
    nextStep: nextStep(site, holder, isExternal),
  };
}

/** The most numerous class of the program's own, unless it is rare beside plain objects. */
function mostTelling(classes: readonly ClassGrowth[]): ClassGrowth | undefined {
  const most = classes[0];
  return classes.find(({ name, rate }) => !plain.has(name) && rate >= 0.1 * most!.rate) ?? most;
}

function nextStep(site: AllocationSite | undefined, holder: Holder | undefined, isExternal: boolean): string {
  if (holder !== undefined)
    return `Let ${placeText(holder)} give up each ${holder.held || "object"} when it is done with, or bound it.`;
  const buffers = isExternal ? "; much of it is outside V8's heap, in buffers that these objects hold" : "";
  return `See what keeps the objects that ${site === undefined ? "the program" : siteText(site)} allocates${buffers}; ask for retaining paths (retainingPaths: true) to have it named.`;
}

function placeText({ property, name }: Holder): string {
  if (property === "") return name || "its holder";
  return name === "" ? property : `${property} (${name})`;
}
