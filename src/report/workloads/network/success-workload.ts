import { amount } from "../../quantity.ts";
import type { Counters, Figure, RoomContext, Workload } from "../../workload.ts";
import { failureRate } from "./request-mix.ts";
import { originInput, requestVariants, rightAnswers } from "./request-variants.ts";
import type { RequestsWork } from "./requests-arm.ts";

/** Calls that an unreliable origin answers after all. */
export function successWorkload({ quick, seed }: RoomContext): Workload {
  const requests = quick ? 500 : 5000;
  const work: RequestsWork = {
    mix: { requests, resources: requests, kind: "private", seed },
    isUnreliable: true,
    callers: 50,
    deadlineMs: 5000,
  };
  return {
    id: "network.retry-success",
    title: "Retry success rate",
    question: `Which share of the calls succeeds within ${work.deadlineMs / 1000} s where ${amount("ratio", failureRate)} of the requests fail?`,
    input:
      `${originInput} ${amount("ratio", failureRate)} of the requests fail, by chance: a third get a 502 or a 503, a third break off before the answer, ` +
      `and a third within its body. ${work.callers} callers make ${requests} GET requests, each its next when the one before ended, for ` +
      "resources that must not be stored. A call succeeds that is answered by 200 and the right body in time.",
    unit: {
      shown: "counter",
      counter: "succeeded",
      kind: "ratio",
      what: "calls that succeed",
      better: "more",
    },
    operationsPerRound: 1,
    ...requestVariants(work),
    check: rightAnswers,
    reference: { before: "78 %", after: "94 %", improvement: "+21 %" },
    figures,
    notes: [
      "fetch makes no retries. Which request fails is drawn by its URL and how often that was asked for, so that all clients " +
        "meet the same failures at first.",
      "A request breaks off alone, also over HTTP/2; where a whole connection is cut, all requests on it fail.",
      "An answer of known length up to 64 KiB, as all of these are, NetworkOptimizer hands on when it is whole, so that one that " +
        "breaks off can be asked for again. A longer one is handed on as it comes, and is an error where it breaks off.",
    ],
  };
}

function figures({ calls = 0, atOrigin = 0 }: Counters, baseline: Counters): Figure[] {
  const count = (value = 0): string => Math.round(value).toLocaleString("en-US");
  return [
    {
      id: "network.retry-requests",
      title: "Requests with retries, of the calls",
      question:
        "What do the retries cost the origin: how many requests reach it, of the calls that were made?",
      value: atOrigin / calls,
      kind: "ratio",
      detail:
        `${count(atOrigin)} for ${count(calls)} calls; ${count(baseline.atOrigin)} with ` +
        `fetch. With ${amount("ratio", failureRate)} failures, to retry until it succeeds takes ${amount("ratio", 1 / (1 - failureRate))}`,
    },
  ];
}
