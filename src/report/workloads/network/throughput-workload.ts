import type { Counters, Figure, RoomContext, Workload } from "../../workload.ts";
import { originInput, requestVariants, rightAnswers } from "./request-variants.ts";
import type { RequestsWork } from "./requests-arm.ts";

/** Requests that no cache may answer: what connections alone gain. */
export function throughputWorkload({ quick, seed }: RoomContext): Workload {
  const requests = quick ? 400 : 6000;
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
    check: rightAnswers,
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
  const count = (value = 0): string => Math.round(value).toLocaleString("en-US");
  return [
    {
      id: "network.requests-per-connection",
      title: "Requests on one connection",
      question: "How many requests does a connection carry on average?",
      value: calls / connections,
      kind: "count",
      detail: `${count(calls)} on ${count(connections)} opened in each process; ${count(baseline.connections)} opened by fetch`,
    },
  ];
}
