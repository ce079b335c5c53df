import { amount } from "../../quantity.ts";
import type { Counters, Figure, RoomContext, Workload } from "../../workload.ts";
import { originInput, popularity, requestVariants, rightAnswers } from "./request-variants.ts";
import type { RequestsWork } from "./requests-arm.ts";

/** How long a request takes whose answer others may have had before; and what of it cache and connections do. */
export function latencyWorkload({ quick, seed }: RoomContext): Workload {
  const requests = quick ? 300 : 3000;
  const work: RequestsWork = {
    mix: { requests, resources: requests / 2, kind: "mixed", seed },
    isUnreliable: false,
    callers: 10,
    deadlineMs: 30_000,
  };
  return {
    id: "network.latency",
    title: "HTTP request latency",
    question:
      "How long does a request take on average, until its body has come, where some may be answered from a cache?",
    input:
      `${originInput} ${work.callers} callers make ${requests} GET requests, each its next when it has been answered. They ask for ` +
      `${requests / 2} resources of 1 kB ${popularity}; each that is asked for at all is asked for about three times. What may be ` +
      "kept is as on the Web (HTTP Archive's Web Almanac, 2019): 47 % of the resources are fresh for longer than the run, 27 % " +
      "say nothing, 6 % are to be validated each time, 20 % must not be stored; 38 % have ETag and Last-Modified, 27 % the " +
      "latter, 5 % the former, 30 % neither. The cache begins empty.",
    unit: { shown: "counter", counter: "latencyNs", kind: "duration", what: "time per request" },
    operationsPerRound: 1,
    ...requestVariants(work),
    check: rightAnswers,
    reference: { before: "120 ms", after: "75 ms", improvement: "−38 %" },
    figures,
    notes: [
      "The more often the same is asked for, the more a cache gains; where nothing is asked for twice it gains nothing, and " +
        "what is left is the next row.",
      "The resources don't change, and no request has credentials.",
    ],
  };
}

function figures(optimized: Counters, baseline: Counters): Figure[] {
  const {
    calls = 0,
    cacheHits = 0,
    sent = 0,
    poolHits = 0,
    connections = 0,
    atOrigin = 0,
    p99Ns = 0,
  } = optimized;
  const count = (value = 0): string => Math.round(value).toLocaleString("en-US");
  return [
    {
      id: "network.cache-hit-rate",
      title: "Cache hit rate",
      question:
        "How many requests are answered from the cache, those among them that the origin said are still good?",
      value: cacheHits / calls,
      kind: "ratio",
      detail: `${count(cacheHits)} of ${count(calls)} requests, from an empty cache on`,
      reference: { before: "N/A", after: "45 %", improvement: "new" },
    },
    {
      id: "network.pool-hit-rate",
      title: "Connection pool hit rate",
      question: "How many of the requests that are sent find a connection open?",
      value: poolHits / sent,
      kind: "ratio",
      detail:
        `${count(poolHits)} of ${count(sent)}, from no connection on; ${count(connections)} opened, ` +
        `${count(baseline.connections)} by fetch`,
      reference: { before: "N/A", after: "72 %", improvement: "new" },
    },
    {
      id: "network.origin-requests",
      title: "Requests that reach the origin",
      question: "How many requests reach the origin, of those that were made?",
      value: atOrigin / calls,
      kind: "ratio",
      detail: `${count(atOrigin)} of ${count(calls)}; ${count(baseline.atOrigin)} with fetch`,
      reference: { before: "N/A", after: "N/A", improvement: "−30 to −40 %" },
    },
    {
      id: "network.latency-p99",
      title: "HTTP request latency, slowest hundredth",
      question: "How long do the slowest in a hundred take at least?",
      value: p99Ns,
      kind: "duration",
      detail: `${amount("duration", baseline.p99Ns ?? 0)} with fetch; hedging begins after the first 100 answers`,
    },
  ];
}
