import type { MetricSample } from "../../../metrics/metric.ts";

/** What a response cache counts of its shared server; each only grows. */
export class FleetCounts {
  /** Answered by what another node had stored. */
  sharedHits = 0;
  /** Responses stored on the server. */
  shared = 0;
  /** Not stored there: something that they depend on was forgotten meanwhile, or their lease was lost. */
  refused = 0;
  /** Kept by this node alone, because they are for one user. */
  personal = 0;
  /** Times that another node's request for the same was waited for. */
  leaseWaits = 0;
  /** Validations in the background that another node did. */
  yielded = 0;
  /** What lay on the server and couldn't be read. */
  unreadable = 0;
}

/** As `ResponseCache.stats()` shows it. */
export type FleetStats = Readonly<FleetCounts> & {
  /** Whether the server can be asked now. */
  readonly isUsable: boolean;
  /** Calls of the server that failed. */
  readonly failures: number;
  /** Calls that weren't made, since it could not be asked. */
  readonly refusals: number;
  /** Invalidations that it is still to be told. */
  readonly pending: number;
};

const help: Record<keyof FleetCounts, string> = {
  sharedHits: "Requests answered by what another node had stored",
  shared: "Responses stored on the shared server",
  refused: "Responses not stored on the shared server because of an invalidation or a lost lease",
  personal: "Responses kept by this node alone",
  leaseWaits: "Times that another node's request was waited for",
  yielded: "Validations in the background that another node did",
  unreadable: "Values on the shared server that could not be read",
};

/** @returns the counts as samples */
export function* fleetSamples(stats: FleetStats): Iterable<MetricSample> {
  for (const name of Object.keys(help) as (keyof FleetCounts)[])
    yield {
      type: "counter",
      name: `http.client.cache.tier.${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
      help: help[name],
      unit: "1",
      labels: {},
      value: stats[name],
    };
}
