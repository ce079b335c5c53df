import { amount } from "../../quantity.ts";
import type { Counters, Figure, RoomContext, Workload } from "../../workload.ts";
import { originInput, requestVariants, sameReplies } from "./request-variants.ts";
import type { RequestsWork } from "./requests-arm.ts";

/** Requests that no cache may answer: what connections alone gain. */
export function throughputWorkload({ quick, seed }: RoomContext): Workload {
  const requests = quick ? 800 : 6000;
  const work: RequestsWork = {
    mix: { requests, resources: requests, kind: "private", seed },
    isUnreliable: false,
    callers: 100,
    deadlineMs: 30_000,
  };
  return {
    id: "network.throughput",
    title: "Network throughput",
    question: "How many requests a second are answered where none may be kept?",
    input:
      `${originInput} ${work.callers} callers make ${requests} GET requests, each its next when it has been answered, for ` +
      "resources of 1 kB that must not be stored.",
    unit: {
      shown: "counter",
      counter: "perSecond",
      kind: "count",
      what: "requests per second",
      better: "more",
    },
    operationsPerRound: 1,
    ...requestVariants(work),
    check: sameReplies,
    reference: { before: "N/A", after: "N/A", improvement: "+35 %" },
    figures,
    notes: [
      `${work.callers} callers who wait 20 ms at least can't have more than ${work.callers * 50} requests answered a second; how near they come is a matter of ` +
        "what connections and requests cost the two processes, which share the machine.",
      "The opening of the connections is in it, so that the longer the run, the less they weigh.",
    ],
  };
}

function figures({ connections = 0, calls = 0 }: Counters, baseline: Counters): Figure[] {
  return [
    {
      id: "network.connections",
      title: "Connections opened",
      question: "How many connections carry these requests?",
      value: connections,
      kind: "count",
      detail: `for ${amount("count", calls)} requests; ${amount("count", baseline.connections ?? 0)} with fetch`,
    },
  ];
}
